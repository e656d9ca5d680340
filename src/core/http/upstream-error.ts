import { isRecord, parseRecord, textOf } from '../base/guards.ts';
import { guidPattern } from '../base/guid.ts';

/** The parts of a service's error body that are documented. */
export interface UpstreamError {
  /** Top-level code, or the deepest inner one when that is empty (Planner and Intune send empty codes). */
  readonly code: string;
  readonly message: string;
  /** `details`, `innerError` and the like, as sent. */
  readonly detail: unknown;
}

type ErrorObject = Readonly<Record<string, unknown>>;

/** Deeper than any service nests its errors. */
const deepest = 10;

/** An error and those inside it, which nest under either spelling. https://learn.microsoft.com/graph/errors */
function nestedErrors(error: ErrorObject): readonly ErrorObject[] {
  const nested: ErrorObject[] = [];
  let inner: unknown = error;
  while (nested.length < deepest && isRecord(inner)) {
    nested.push(inner);
    inner = inner['innerError'] ?? inner['innererror'];
  }
  return nested;
}

function wrappedError(body: unknown): ErrorObject | undefined {
  const wrapped = isRecord(body) ? (body['error'] ?? body['odata.error'] ?? body) : undefined;
  return isRecord(wrapped) ? wrapped : undefined;
}

/**
 * All codes of an error body, the most specific first: those of its details, the inner ones from the deepest on, then
 * its own.
 */
export function codesIn(body: unknown): readonly string[] {
  const error = wrappedError(body);
  if (error === undefined) return [];
  const details = Array.isArray(error['details']) ? error['details'].slice(0, 100) : [];
  const found = [...details, ...nestedErrors(error).toReversed()].map((one) =>
    textOf(isRecord(one) ? one['code'] : ''),
  );
  return [...new Set(found.filter((code) => code !== ''))];
}

/** The places that the details of an error body name: properties, parameters. */
export function targetsIn(body: unknown): readonly string[] {
  const details = wrappedError(body)?.['details'];
  const targets = Array.isArray(details) ? details.map((one) => textOf(isRecord(one) ? one['target'] : '')) : [];
  return [...new Set(targets.filter((target) => target !== ''))];
}

/** The service's id of a request where only the error has it; undefined for anything but an id. */
export function requestIdIn(body: unknown): string | undefined {
  const errors = nestedErrors(wrappedError(body) ?? {}).toReversed();
  const ids = errors.map((error) => textOf(error['request-id']) || textOf(error['requestId']));
  return ids.find((id) => guidPattern.test(id));
}

function deepestCode(error: ErrorObject): string {
  return textOf(nestedErrors(error).findLast(({ code }) => textOf(code) !== '')?.['code']);
}

/** Intune wraps another error as JSON text into its message. */
function unwrapMessage(message: string): string {
  const inner = message.startsWith('{') ? parseRecord(message) : undefined;
  return textOf(inner?.['Message']) || textOf(inner?.['message']) || message;
}

/**
 * Reads an error body of Graph or ARM (`{ error: { code, message } }`, with or without the wrapper), of Azure DevOps
 * (`{ typeKey, message }`), of the old directory service (`odata.error`), or the title of a gateway's page.
 */
export function readUpstreamError(body: unknown): UpstreamError {
  if (!isRecord(body)) return { code: '', message: '', detail: undefined };
  const wrapped = body['error'] ?? body['odata.error'] ?? body;
  if (typeof wrapped === 'string') {
    return { code: wrapped, message: textOf(body['error_description']), detail: undefined };
  }
  if (!isRecord(wrapped)) return { code: '', message: '', detail: undefined };
  const { message } = wrapped;
  const text = textOf(message) || (isRecord(message) ? textOf(message['value']) : '') || textOf(wrapped['title']);
  // `typeKey`: https://learn.microsoft.com/rest/api/azure/devops (its errors name the type of an exception)
  const code = textOf(wrapped['code']) || textOf(wrapped['typeKey']) || deepestCode(wrapped);
  return { code, message: unwrapMessage(text), detail: wrapped };
}
