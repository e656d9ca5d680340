import { errorBody, statusOf } from '../../base/error-answer.ts';
import { AppError } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import type { ApiResponse } from '../api-client.ts';
import type { Answer } from '../exchange.ts';
import { itemLink, listIn } from '../page.ts';
import type { BatchEntry, BatchItemResult } from './batch-item.ts';

/** Headers of an item that its reader can use. */
const usefulHeaders = new Set(['content-location', 'deprecation', 'etag', 'location', 'operation-location', 'sunset']);

export function resultOfAnswer({ wire }: BatchEntry, answer: Answer): BatchItemResult {
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => usefulHeaders.has(name)));
  return {
    id: wire.id,
    status: answer.status,
    success: true,
    ...(answer.body === undefined ? {} : { body: answer.body }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(answer.links === undefined ? {} : { links: answer.links }),
  };
}

export function resultOfError({ wire }: BatchEntry, error: AppError, body?: unknown): BatchItemResult {
  return {
    id: wire.id,
    status: statusOf(error),
    success: false,
    ...(body === undefined ? {} : { body }),
    error: errorBody(error),
  };
}

/** For items that never left: status 0. */
export function resultNotSent({ wire }: BatchEntry, error: AppError): BatchItemResult {
  return { id: wire.id, status: 0, success: false, notSent: true, error: errorBody(error) };
}

export function notSentAfterFailure(): AppError {
  return new AppError('cancelled', 'Not sent: an earlier request of the batch failed.', {
    hint: 'Correct the failed request and send the rest again, or pass continue_on_error.',
    retryable: true,
  });
}

export function notSentAtDeadline(): AppError {
  return new AppError('timeout', 'Not sent: the time of the call was over.', {
    hint: 'Send the rest in another call, or with a longer timeout.',
    retryable: true,
  });
}

/** 424: https://learn.microsoft.com/graph/json-batching#sequencing-requests-with-the-dependson-property */
export function failedDependency(needed: string): AppError {
  return new AppError(
    'upstream_error',
    `Not carried out: the request ${needed}, which it depends on, did not succeed.`,
    {
      hint: `Correct the request ${needed}, then send both again.`,
      status: 424,
    },
  );
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
  if (isRecord(body) && body['value'] === null) return { ...body, value: listIn(body) ?? null };
  if (typeof body !== 'string') return body ?? undefined;
  const type = contentType.toLowerCase();
  if (status >= 400 && (type.includes('html') || /^\s*</.test(body))) return undefined;
  if (type === '' || type.includes('json') || type.includes('html')) return body;
  if (type.startsWith('text/plain')) return readNumber(body) ?? body;
  const bytes = Buffer.from(body, 'base64');
  return type.startsWith('text/') ? body : { contentType, sizeBytes: bytes.length, base64: bytes.toString('base64') };
}

/**
 * The answers inside an envelope by id, which is compared without case and whose order means nothing. One without a status
 * says nothing about its request: it counts as missing.
 * https://learn.microsoft.com/graph/json-batching#response-format
 */
export function readEnvelope({
  body,
  url,
  links = {},
}: Pick<ApiResponse, 'body' | 'url' | 'links'>): Map<string, Answer> {
  const responses = isRecord(body) && Array.isArray(body['responses']) ? body['responses'] : [];
  const answers = new Map<string, Answer>();
  for (const response of responses) {
    if (isRecord(response)) {
      const headers = lowerCaseHeaders(response['headers']);
      const status = Number(response['status']);
      if (!(status >= 200 && status < 600)) continue;
      const content = readBody(response['body'], status, headers['content-type'] ?? '');
      const id = String(response['id']).toLowerCase();
      const own = Object.entries(links).filter(([name]) => name.startsWith(itemLink(id, '')));
      const hidden = own.map(([name, link]) => [name.slice(itemLink(id, '').length), link]);
      const more = hidden.length === 0 ? {} : { links: Object.fromEntries(hidden) };
      answers.set(id, { status, headers, body: content, sizeBytes: 0, url, ...more });
    }
  }
  return answers;
}
