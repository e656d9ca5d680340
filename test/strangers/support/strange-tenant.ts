import tls from 'node:tls';
import { ClientSecretCredential, type TokenCredentialOptions } from '@azure/identity';
import { type ReadyLine, type ServedSandbox, serveSandbox } from '../../e2e/support/served-sandbox.ts';

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
  /** For commands of the product on its home. */
  readonly lab: ServedSandbox['lab'];
  /** A request of the app that has every role to Graph; throws what is no success. */
  graph(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>>;
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
  const credential = new ClientSecretCredential(tenant_id, client_id, client_secret, authority);
  const scopes = [`${cloud.resource_manager}/.default`];
  return {
    ...line,
    cloud,
    authority,
    credential,
    lab: served.lab,
    arm: { endpoint: cloud.resource_manager, credentialScopes: scopes, credentials: { scopes } },
    async graph(method, path, body) {
      const { token } = await credential.getToken(`${cloud.graph}/.default`);
      return sendJson(`${cloud.graph}/v1.0${path}`, method, body, { authorization: `Bearer ${token}` });
    },
    control: (path, body) => sendJson(`${line.url}/__sandbox/${path}`, body === undefined ? 'GET' : 'POST', body),
    async close() {
      tls.setDefaultCACertificates(before);
      await served.stop();
    },
  };
}

async function sendJson(url: string, method: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

/** All items of a list of a management client. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
