import { Readable } from 'node:stream';
import type { HttpClient, PipelineResponse } from '@azure/core-rest-pipeline';

/** A request and its response as sent, including secrets. */
export interface RecordedExchange {
  readonly method: string;
  readonly url: string;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
}

/** Records traffic for checks against a specification. `isWanted` filters by URL. */
export function recordExchanges(isWanted: (url: string) => boolean) {
  const exchanges: RecordedExchange[] = [];
  const watch = (client: HttpClient): HttpClient => ({
    async sendRequest(request) {
      const response = await client.sendRequest(request);
      if (!isWanted(request.url)) return response;
      const { text, response: replayed } = await readText(response);
      exchanges.push({
        method: request.method,
        url: request.url,
        requestBody: parsed(await textOf(request.body)),
        status: response.status,
        responseHeaders: response.headers.toJSON(),
        responseBody: parsed(text),
      });
      return replayed;
    },
  });
  return { exchanges, watch };
}

async function readText(response: PipelineResponse): Promise<{ text: string; response: PipelineResponse }> {
  const { readableStreamBody: stream } = response;
  if (stream === undefined) return { text: response.bodyAsText ?? '', response };
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  return { text: bytes.toString('utf8'), response: { ...response, readableStreamBody: Readable.from([bytes]) } };
}

async function textOf(body: unknown): Promise<string> {
  if (body === undefined || body === null) return '';
  return typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString('utf8');
}

function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}
