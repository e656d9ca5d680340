import { type JSONRPCMessage, specTypeSchemas } from '@modelcontextprotocol/server';
import { isRecord, parseRecord } from '../core/base/guards.ts';
import { isTooDeep } from './json-depth.ts';

export const protocolErrors = { parse: -32700, request: -32600, params: -32602 } as const;

/** An answer that says what is wrong with a message. */
export interface Refusal {
  readonly jsonrpc: '2.0';
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string };
}

/** A message that can be served, one that is refused, or one that gets no answer although nobody understands it. */
export type ReadMessage =
  | { readonly message: JSONRPCMessage; readonly refusal?: undefined }
  | { readonly refusal: Refusal; readonly message?: undefined }
  | { readonly message?: undefined; readonly refusal?: undefined };

export function refusal(code: number, message: string, id: Refusal['id'] = null): Refusal {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

/** Text without the mark that some editors and shells of Windows put in front of it. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/**
 * Reads one JSON-RPC message as it is meant: hosts write `null` for what they leave out. What cannot be served is refused
 * in a sentence; the SDK would drop it without a word or answer with its schema.
 */
export function readMessage(value: unknown): ReadMessage {
  if (!isRecord(value)) return refused('Invalid request: a message is a JSON object');
  const { id, method } = value;
  const echo = typeof id === 'string' || typeof id === 'number' ? id : null;
  if (method === undefined && ('result' in value || 'error' in value)) return readResponse(value);
  if (value['jsonrpc'] !== '2.0') return refused('Invalid request: jsonrpc must be "2.0"', echo);
  if (typeof method !== 'string' || method === '') return refused('Invalid request: method must be a string', echo);
  const isRequest = 'id' in value;
  if (isRequest && !isRequestId(id)) return refused('Invalid request: id must be a string or an integer', echo);
  const params = paramsOf(method, value['params']);
  const problem = params !== undefined && !isRecord(params) ? 'params must be an object' : problemIn(method, params);
  if (problem !== undefined) {
    return isRequest
      ? { refusal: refusal(protocolErrors.params, `Invalid params for ${methodName(method)}: ${problem}`, echo) }
      : {};
  }
  const { params: _, ...rest } = value;
  // What the SDK reads is checked above, and again by itself.
  return { message: (params === undefined ? rest : { ...rest, params }) as JSONRPCMessage };
}

function refused(message: string, id: Refusal['id'] = null): ReadMessage {
  return { refusal: refusal(protocolErrors.request, message, id) };
}

/** An answer is never answered, whatever is wrong with it. */
function readResponse(value: Readonly<Record<string, unknown>>): ReadMessage {
  const isWhole = isRequestId(value['id']) && (isRecord(value['result']) || isRecord(value['error']));
  return isWhole && value['jsonrpc'] === '2.0' ? { message: value as unknown as JSONRPCMessage } : {};
}

function isRequestId(id: unknown): id is string | number {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

/** Null is what is left out, and an empty list is how PHP writes an object without members. */
function paramsOf(method: string, params: unknown): unknown {
  if (params === null) return undefined;
  const given = withObject(params);
  if (!isRecord(given)) return given;
  // In the arguments of a tool null means something: they are read by the tool's own schema.
  if (method === 'tools/call') return { ...shallow(given), ...argumentsOf(given['arguments']) };
  const { capabilities, ...rest } = shallow(given);
  return {
    ...withoutNulls(rest),
    ...(capabilities === undefined ? {} : { capabilities: withObjects(withoutNulls(capabilities)) }),
  };
}

function shallow(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const given = Object.entries(params).filter(([, value]) => value !== null);
  return Object.fromEntries(
    given.map(([name, value]) => [name, name === '_meta' ? withoutNulls(withObject(value)) : value]),
  );
}

/** Hosts pass on the arguments of a model as the text that it wrote. */
function argumentsOf(given: unknown): { readonly arguments?: unknown } {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'string') return { arguments: withObject(given) };
  return { arguments: isTooDeep(Buffer.from(given)) ? given : (parseRecord(given) ?? given) };
}

function withObject(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? {} : value;
}

function withObjects(value: unknown): unknown {
  if (!isRecord(value)) return withObject(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withObjects(inner)]));
}

function withoutNulls<Value>(value: Value): Value;
function withoutNulls(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(given.map(([name, inner]) => [name, withoutNulls(inner)]));
}

type Kind = 'a string' | 'an object' | 'an integer or a string';

/** Members of the parameters that the SDK would refuse with a dump of its schema. The optional ones have a question mark. */
const shapes: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  initialize: { protocolVersion: 'a string', capabilities: 'an object', clientInfo: 'an object' },
  'tools/call': { name: 'a string', 'arguments?': 'an object', 'task?': 'an object' },
  'tools/list': { 'cursor?': 'a string' },
  'resources/list': { 'cursor?': 'a string' },
  'resources/templates/list': { 'cursor?': 'a string' },
  'resources/read': { uri: 'a string' },
  'prompts/list': { 'cursor?': 'a string' },
  'prompts/get': { name: 'a string', 'arguments?': 'an object' },
  'completion/complete': { ref: 'an object', argument: 'an object' },
  'notifications/cancelled': { 'requestId?': 'an integer or a string' },
};

const modernVersion = 'io.modelcontextprotocol/protocolVersion';

function problemIn(method: string, params: Readonly<Record<string, unknown>> = {}): string | undefined {
  // The modern family knows no initialize, and says so.
  const isUnknown = method === 'initialize' && isRecord(params['_meta']) && modernVersion in params['_meta'];
  const shape = Object.hasOwn(shapes, method) && !isUnknown ? shapes[method] : undefined;
  for (const [member, kind] of Object.entries({ ...shape, '_meta?': 'an object' as const })) {
    const name = member.replace(/\?$/, '');
    const value = params[name];
    if (value === undefined && name !== member) continue;
    if (!isOf(kind, value)) return `${name} must be ${kind}`;
  }
  const token = isRecord(params['_meta']) ? params['_meta']['progressToken'] : undefined;
  if (token !== undefined && !isRequestId(token)) return '_meta.progressToken must be a string or an integer';
  return isUnknown ? undefined : deeperProblem(method, params);
}

/** Requests with members inside members, as the SDK reads them. */
const requests: Readonly<Record<string, StandardSchema>> = {
  initialize: specTypeSchemas.InitializeRequest,
  'prompts/get': specTypeSchemas.GetPromptRequest,
  'completion/complete': specTypeSchemas.CompleteRequest,
};

type StandardSchema = Pick<
  (typeof specTypeSchemas)['InitializeRequest' | 'GetPromptRequest' | 'CompleteRequest'],
  '~standard'
>;

function deeperProblem(method: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const schema = Object.hasOwn(requests, method) ? requests[method] : undefined;
  const found = schema?.['~standard'].validate({ method, params });
  const issue = found === undefined || found instanceof Promise ? undefined : found.issues?.[0];
  if (issue === undefined) return undefined;
  const steps = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).slice(1);
  return `${memberName(steps)} is missing or is not of the right kind`;
}

/** Only names that may be members are repeated. */
function memberName(steps: readonly string[]): string {
  const name = steps.join('.');
  return /^[\w.-]{1,100}$/.test(name) ? name : 'a member';
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'a string':
      return typeof value === 'string';
    case 'an object':
      return isRecord(value);
    case 'an integer or a string':
      return isRequestId(value);
  }
}

/** Only names that may be methods are repeated. */
function methodName(method: string): string {
  return /^[\w./-]{1,80}$/.test(method) ? method : 'this method';
}
