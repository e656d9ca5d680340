import tls from 'node:tls';
import { ClientSecretCredential, type TokenCredentialOptions } from '@azure/identity';
import { type ReadyLine, serveSandbox } from '../../e2e/support/served-sandbox.ts';

/** A `tenantry sandbox --tls` of its own process, with what clients of other people need to reach it. */
export interface StrangeTenant extends Omit<ReadyLine, 'clouds'> {
  readonly cloud: ReadyLine['clouds']['sandbox'];
  /** Where the identity library signs in. */
  readonly authority: TokenCredentialOptions & { readonly disableInstanceDiscovery: boolean };
  /** Of the app that has every role. */
  readonly credential: ClientSecretCredential;
  /** Address and scope for management clients of either generation. */
  readonly arm: {
    readonly endpoint: string;
    readonly credentialScopes: string[];
    readonly credentials: { readonly scopes: string[] };
  };
  /** Runs a control of the sandbox: `control('objects', { … })`. */
  control(path: string, body?: unknown): Promise<unknown>;
  /** Stops it and forgets its certificate. */
  close(): Promise<void>;
}

/** Starts one. This process trusts its certificate as it would with NODE_EXTRA_CA_CERTS, until it is closed. */
export async function openStrangeTenant(...args: string[]): Promise<StrangeTenant> {
  const served = await serveSandbox('--tls', ...args);
  const { clouds, ...line } = served.line;
  const cloud = clouds.sandbox;
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, served.authority]);
  const authority = { authorityHost: cloud.login, disableInstanceDiscovery: true };
  const { tenant_id, client_id, client_secret } = line.credentials;
  const scopes = [`${cloud.resource_manager}/.default`];
  return {
    ...line,
    cloud,
    authority,
    credential: new ClientSecretCredential(tenant_id, client_id, client_secret, authority),
    arm: { endpoint: cloud.resource_manager, credentialScopes: scopes, credentials: { scopes } },
    async control(path, body) {
      const method = body === undefined ? 'GET' : 'POST';
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${line.url}/__sandbox/${path}`, { method, ...sent });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`The control ${path} answered ${answer.status}: ${text}`);
      return JSON.parse(text);
    },
    async close() {
      tls.setDefaultCACertificates(before);
      await served.stop();
    },
  };
}

/** All items of a list of a management client. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
