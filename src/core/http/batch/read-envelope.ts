import type { Answer } from '../exchange.ts';

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lowerCaseHeaders(headers: unknown): Record<string, string> {
  return isRecord(headers)
    ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
    : {};
}

/** Digits of a `/$count`, as text or as base64 of it. */
function readNumber(body: string): number | undefined {
  const digits = /^\ufeff?(\d{1,15})$/;
  const found = digits.exec(body)?.[1] ?? digits.exec(Buffer.from(body, 'base64').toString('utf8'))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Bodies that are not JSON come as base64; gateways put raw HTML there. */
function readBody(body: unknown, status: number, contentType: string): unknown {
  if (typeof body !== 'string') return body ?? undefined;
  const type = contentType.toLowerCase();
  if (status >= 400 && (type.includes('html') || /^\s*</.test(body))) return undefined;
  if (type === '' || type.includes('json') || type.includes('html')) return body;
  if (type.startsWith('text/plain')) return readNumber(body) ?? body;
  const bytes = Buffer.from(body, 'base64');
  return type.startsWith('text/') ? body : { contentType, sizeBytes: bytes.length, base64: bytes.toString('base64') };
}

/**
 * The answers inside an envelope by id, which is compared without case and whose order means nothing.
 * https://learn.microsoft.com/graph/json-batching#response-format
 */
export function readEnvelope(body: unknown, url: string): Map<string, Answer> {
  const responses = isRecord(body) && Array.isArray(body['responses']) ? body['responses'] : [];
  const answers = new Map<string, Answer>();
  for (const response of responses) {
    if (isRecord(response)) {
      const headers = lowerCaseHeaders(response['headers']);
      const status = Number(response['status']) || 0;
      const content = readBody(response['body'], status, headers['content-type'] ?? '');
      answers.set(String(response['id']).toLowerCase(), { status, headers, body: content, sizeBytes: 0, url });
    }
  }
  return answers;
}
