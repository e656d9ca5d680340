import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';

/** What a rewritten response contains instead. */
export interface Rewritten {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Headers that are left out. */
  readonly without?: readonly string[];
}

/** A client whose responses a test can change, to act as a compromised service. */
export interface RewritingClient {
  /** Called for every response while it is set; undefined leaves the response unchanged. */
  rewrite: ((request: PipelineRequest, body: string) => Rewritten | undefined) | undefined;
  readonly watch: (client: HttpClient) => HttpClient;
}

export function createRewritingClient(): RewritingClient {
  const state: RewritingClient = {
    rewrite: undefined,
    watch: (client) => ({
      async sendRequest(request) {
        const response = await client.sendRequest(request);
        return state.rewrite === undefined ? response : rewriteWith(state.rewrite, request, response);
      },
    }),
  };
  return state;
}

async function rewriteWith(
  rewrite: NonNullable<RewritingClient['rewrite']>,
  request: PipelineRequest,
  response: PipelineResponse,
): Promise<PipelineResponse> {
  const stream = response.readableStreamBody as Readable | undefined;
  const before = stream === undefined ? (response.bodyAsText ?? '') : await text(stream);
  const { body = before, headers = {}, status = response.status, without = [] } = rewrite(request, before) ?? {};
  for (const [name, value] of Object.entries({ 'content-length': String(Buffer.byteLength(body)), ...headers })) {
    response.headers.set(name, value);
  }
  for (const name of without) response.headers.delete(name);
  const content = { readableStreamBody: Readable.from(body === '' ? [] : [Buffer.from(body)]) };
  return { ...response, status, ...(stream === undefined ? { bodyAsText: body } : content) };
}
