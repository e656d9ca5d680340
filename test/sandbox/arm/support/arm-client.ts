import type { HttpMethods } from '@azure/core-rest-pipeline';
import { createSandbox } from '../../../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxCredentials, SandboxOptions } from '../../../../src/sandbox/sandbox.ts';
import { tenant } from '../../../../src/sandbox/seed/tenant.ts';
import { type GraphAnswer, sendRaw, signIn } from '../../support/sandbox-client.ts';

export const production = `/subscriptions/${tenant.subscriptionId}`;
export const development = `/subscriptions/${tenant.secondSubscriptionId}`;
export const dataGroup = `${production}/resourceGroups/rg-contoso-data`;

/** API versions that the tests use most. */
export const versions = {
  core: '2022-12-01',
  storage: '2025-06-01',
  serviceBus: '2024-01-01',
  compute: '2024-07-01',
  keyVault: '2024-11-01',
  roles: '2022-04-01',
  locks: '2020-05-01',
  graph: '2024-04-01',
} as const;

interface ArmCallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default: `versions.core`; empty for none. */
  readonly version?: string;
}

/** A sandbox with a signed-in ARM caller. Paths are relative to the root; absolute links are used unchanged. */
export interface ArmClient {
  readonly sandbox: Sandbox;
  /** Object id of the caller. */
  readonly objectId: string;
  send(method: HttpMethods, path: string, options?: ArmCallOptions): Promise<GraphAnswer>;
  get(path: string, version?: string): Promise<GraphAnswer>;
  put(path: string, version: string, body: unknown): Promise<GraphAnswer>;
  /** Follows links and returns the pages in order. */
  pages(path: string, version?: string): Promise<readonly GraphAnswer[]>;
  /** The same sandbox for another identity. */
  as(credentials: SandboxCredentials): Promise<ArmClient>;
}

export async function createArmClient(options: SandboxOptions = {}): Promise<ArmClient> {
  const sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true, ...options });
  return clientOf(sandbox, sandbox.credentials);
}

async function clientOf(sandbox: Sandbox, credentials: SandboxCredentials): Promise<ArmClient> {
  const root = sandbox.cloud.resourceManager;
  const token = await signIn(sandbox, credentials, root);
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const client: ArmClient = {
    sandbox,
    objectId: String((claims as { readonly oid?: string }).oid),
    send(method, path, { headers = {}, body, version = versions.core } = {}) {
      const isJson = body !== undefined && typeof body !== 'string';
      return sendRaw(sandbox, method, addressOf(root, path, version), {
        headers: {
          authorization: `Bearer ${token}`,
          ...(isJson ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        body,
      });
    },
    get: (path, version) => client.send('GET', path, version === undefined ? {} : { version }),
    put: (path, version, body) => client.send('PUT', path, { version, body }),
    async pages(path, version) {
      const pages: GraphAnswer[] = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const page: GraphAnswer = await client.get(next, version);
        pages.push(page);
        next = page.body.nextLink;
        if (pages.length > 1_000) throw new Error('the list does not end');
      }
      return pages;
    },
    as: (other) => clientOf(sandbox, other),
  };
  return client;
}

function addressOf(root: string, path: string, version: string): string {
  if (/^https?:/.test(path)) return path;
  const address = `${root}${path.replaceAll(' ', '%20')}`;
  return version === '' ? address : `${address}${path.includes('?') ? '&' : '?'}api-version=${version}`;
}
