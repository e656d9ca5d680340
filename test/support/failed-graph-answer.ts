import { expect } from 'vitest';
import { createGraphDescriptor } from '../../src/core/apis/graph/graph-descriptor.ts';
import type { AppError } from '../../src/core/base/errors.ts';
import type { HttpMethod } from '../../src/core/http/api-client.ts';
import { mapFailedAnswer } from '../../src/core/http/policies/error.ts';

const api = createGraphDescriptor();
export const requestId = '6d1e1b0a-54c7-4d4e-9d7a-0c1f4a1b2c3d';

export interface Failure {
  readonly method?: HttpMethod;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the error besides code and message. */
  readonly more?: object;
}

/** The error that callers see for a failed answer of Microsoft Graph. */
export function failed(status: number, code: string, message: string, failure: Failure = {}): AppError {
  const { method = 'GET', path = '/users', query = {}, headers = {}, more = {} } = failure;
  const described = { method, path, wirePath: path, query };
  const body = { error: { code, message, innerError: { 'request-id': requestId }, ...more } };
  const url = `https://graph.microsoft.com/v1.0${path}`;
  return mapFailedAnswer(
    { api, described, request: described, repeatability: 'safe', tooLongMs: undefined },
    { status, headers, body, sizeBytes: 0, url },
    0,
  );
}

/** A hint is our own sentence: it does not send its reader to the words of the service. */
export function expectOwnSentence(error: AppError): void {
  expect(error.hint).toMatch(/^[A-Z].{15,}[.)]$/s);
  expect(error.hint).not.toMatch(/\bmessage\b|upstream|\bdetails?\b/i);
  expect(error.message).toMatch(/^Microsoft Graph answered \d{3}\b/);
}
