import { isRecord } from '../../core/base/guards.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxRequest } from '../base/service.ts';
import { badRequest, GraphError } from './graph-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object of a write. Actions without parameters can omit the body. */
export function readBody(request: SandboxRequest, isOptional = false): JsonObject {
  if (request.body.length === 0 && isOptional) return {};
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new GraphError(415, 'BadRequest', 'A Content-Type header with the value application/json is required.');
  }
  const body = parseJson(request.body);
  if (isRecord(body)) return body;
  throw badRequest(
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  );
}

/** The objects in a list; empty if the value is not a list. */
export function objectsIn(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
