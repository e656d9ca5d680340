import type { HttpMethods } from '@azure/core-rest-pipeline';
import { createSandbox } from '../../../../src/sandbox/create-sandbox.ts';
import { seededAccessToken, seededProjects } from '../../../../src/sandbox/devops/seed/devops-credentials.ts';
import type { Sandbox, SandboxCredentials, SandboxOptions } from '../../../../src/sandbox/sandbox.ts';
import { type GraphAnswer, sendRaw, signIn } from '../../support/sandbox-client.ts';

export const devopsAudience = '499b84ac-1321-427f-aa17-267ca6975798';
export const { payments, game, empty } = seededProjects;
export const endpoints = '/_apis/serviceendpoint/endpoints';

export interface DevOpsOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default 7.1; empty for none. */
  readonly version?: string;
}

/** A sandbox with an Azure DevOps caller; paths are relative to the organization. */
export interface DevOpsClient {
  readonly sandbox: Sandbox;
  readonly authorization: string;
  send(method: HttpMethods, path: string, options?: DevOpsOptions): Promise<GraphAnswer>;
  get(path: string, options?: DevOpsOptions): Promise<GraphAnswer>;
  /** Relative to the project Payments. */
  endpoint(name: string, project?: string): Promise<GraphAnswer['body']>;
  convert(endpoint: GraphAnswer['body'], scheme: string): Promise<GraphAnswer>;
  /** Reads an endpoint until its background work is done. */
  settled(id: string, project?: string): Promise<GraphAnswer['body']>;
  test(id: string, details?: unknown): Promise<GraphAnswer>;
  as(credentials: SandboxCredentials): Promise<DevOpsClient>;
  withHeader(authorization: string): DevOpsClient;
}

export async function createDevOpsClient(options: SandboxOptions = {}): Promise<DevOpsClient> {
  const sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true, ...options });
  return clientOf(sandbox, `Bearer ${await signIn(sandbox, sandbox.credentials, devopsAudience)}`);
}

export const basic = (token: string) => `Basic ${Buffer.from(`:${token}`).toString('base64')}`;

/** The tenant's first user, by personal access token. A user can do what an app cannot. */
export function asPerson(client: DevOpsClient): DevOpsClient {
  return client.withHeader(basic(seededAccessToken));
}

function clientOf(sandbox: Sandbox, authorization: string): DevOpsClient {
  const client: DevOpsClient = {
    sandbox,
    authorization,
    async send(method, path, { headers = {}, body, version = '7.1' } = {}) {
      const address = `${sandbox.cloud.devops}/contoso${path.replaceAll(' ', '%20')}`;
      const url = version === '' ? address : `${address}${path.includes('?') ? '&' : '?'}api-version=${version}`;
      const answer = await sendRaw(sandbox, method, url, {
        headers: {
          ...(authorization === '' ? {} : { authorization }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body,
      });
      // Error bodies begin with a byte order mark.
      return { ...answer, body: answer.text.startsWith('\uFEFF') ? JSON.parse(answer.text.slice(1)) : answer.body };
    },
    get: (path, options) => client.send('GET', path, options),
    async endpoint(name, project = 'Payments') {
      const filter = `endpointNames=${name}&includeFailed=true&includeDetails=true`;
      return (await client.get(`/${project}${endpoints}?${filter}`)).body.value[0];
    },
    convert(endpoint, scheme) {
      const { revertSchemeDeadline: _, ...data } = endpoint.data;
      const body = { ...endpoint, data, authorization: { ...endpoint.authorization, scheme } };
      return client.send('PUT', `${endpoints}/${endpoint.id}?operation=ConvertAuthenticationScheme`, { body });
    },
    async settled(id, project = 'Payments') {
      for (let reads = 0; reads < 10; reads++) {
        const { body } = await client.get(`/${project}${endpoints}/${id}`);
        if (body?.operationStatus?.state !== 'InProgress') return body;
      }
      throw new Error('the work does not end');
    },
    test: (id, details) =>
      client.send('POST', `/Payments/_apis/serviceendpoint/endpointproxy?endpointId=${id}`, {
        body: {
          dataSourceDetails: { dataSourceName: 'TestConnection' },
          resultTransformationDetails: {},
          ...(details === undefined ? {} : { serviceEndpointDetails: details }),
        },
      }),
    as: async (credentials) => clientOf(sandbox, `Bearer ${await signIn(sandbox, credentials, devopsAudience)}`),
    withHeader: (header) => clientOf(sandbox, header),
  };
  return client;
}
