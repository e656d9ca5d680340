import { isRecord, parseRecord, textOf } from '../base/guards.ts';

/** The parts of a service's error body that are documented. */
export interface UpstreamError {
  /** Top-level code, or the deepest inner one when that is empty (Planner and Intune send empty codes). */
  readonly code: string;
  readonly message: string;
  /** `details`, `innerError` and the like, as sent. */
  readonly detail: unknown;
}

/** Inner errors nest, under either spelling. https://learn.microsoft.com/graph/errors */
function deepestCode(error: Readonly<Record<string, unknown>>): string {
  let code = '';
  let inner: unknown = error;
  for (let depth = 0; depth < 10 && isRecord(inner); depth++) {
    code = textOf(inner['code']) || code;
    inner = inner['innerError'] ?? inner['innererror'];
  }
  return code;
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
