import {
  createHttpHeaders,
  createPipelineRequest,
  type HttpMethods,
  type PipelineRequestOptions,
} from '@azure/core-rest-pipeline';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxCredentials, SandboxOptions } from '../../../src/sandbox/sandbox.ts';

export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read into bodies of many shapes
  readonly body: any;
}

export interface GraphCallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly pipeline?: Partial<PipelineRequestOptions>;
}

/** A sandbox with a signed-in caller. Paths are relative to `/v1.0`; absolute links are used unchanged. */
export interface SandboxClient {
  readonly sandbox: Sandbox;
  send(method: HttpMethods, path: string, options?: GraphCallOptions): Promise<GraphAnswer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<GraphAnswer>;
  /** Follows nextLinks with the same headers. Returns the pages in order. */
  pages(path: string, headers?: Readonly<Record<string, string>>): Promise<readonly GraphAnswer[]>;
}

export const eventual = { ConsistencyLevel: 'eventual' };

export async function createSandboxClient(
  options: SandboxOptions = {},
  credentials?: SandboxCredentials,
): Promise<SandboxClient> {
  const sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true, ...options });
  const token = await signIn(sandbox, credentials ?? sandbox.credentials);
  const client: SandboxClient = {
    sandbox,
    send(method, path, { headers, body, pipeline } = {}) {
      const url = path.startsWith('https:') ? path : `${sandbox.cloud.graph}/v1.0${encodeSpaces(path)}`;
      const isJson = body !== undefined && typeof body !== 'string';
      return sendRaw(sandbox, method, url, {
        headers: {
          authorization: `Bearer ${token}`,
          ...(isJson ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        body,
        ...(pipeline ? { pipeline } : {}),
      });
    },
    get: (path, headers) => client.send('GET', path, headers ? { headers } : {}),
    async pages(path, headers) {
      const pages: GraphAnswer[] = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const page: GraphAnswer = await client.get(next, headers);
        pages.push(page);
        next = page.body['@odata.nextLink'];
        if (pages.length > 1_000) throw new Error('the list does not end');
      }
      return pages;
    },
  };
  return client;
}

export async function signIn(sandbox: Sandbox, credentials: SandboxCredentials, audience = sandbox.cloud.graph) {
  const { tenantId, clientId, clientSecret } = credentials;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: `${audience}/.default`,
  });
  const answer = await sendRaw(sandbox, 'POST', `${sandbox.cloud.login}/${tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  return String(answer.body.access_token);
}

export async function sendRaw(
  sandbox: Sandbox,
  method: HttpMethods,
  url: string,
  { headers = {}, body, pipeline }: GraphCallOptions = {},
): Promise<GraphAnswer> {
  const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await sandbox.httpClient.sendRequest(
    createPipelineRequest({
      method,
      url,
      headers: createHttpHeaders({ ...headers }),
      ...(content === undefined ? {} : { body: content }),
      ...pipeline,
    }),
  );
  const text = response.bodyAsText ?? '';
  return { status: response.status, headers: response.headers.toJSON(), text, body: parse(text) };
}

function encodeSpaces(path: string): string {
  return path.replaceAll(' ', '%20').replaceAll('"', '%22');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
