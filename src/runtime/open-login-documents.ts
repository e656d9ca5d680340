import { createLoginDocuments, type LoginDocuments } from '../core/auth/login-documents.ts';
import type { Environment } from '../core/base/environment.ts';
import { createDefaultHttpClient } from '../core/http/default-http-client.ts';
import { proxiesOf } from '../core/http/proxy.ts';

/** What login hosts publish, through the proxy of this network. Its own transport: who signs in waits for no store. */
export function openLoginDocuments(environment: Environment): LoginDocuments & { close(): void } {
  const httpClient = createDefaultHttpClient({ proxyFor: proxiesOf(environment) });
  return { ...createLoginDocuments({ httpClient }), close: httpClient.close };
}
