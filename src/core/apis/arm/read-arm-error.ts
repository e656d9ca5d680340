/** One level of an error of Resource Manager or of a provider below it. */
export interface ArmErrorPart {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

/** An error body, flattened: the whole chain from what the request met to what really went wrong. */
export interface ArmError {
  /** Outermost first; empty when the body is no error. */
  readonly parts: readonly ArmErrorPart[];
  /** `additionalInfo` of all levels. */
  readonly additionalInfo: readonly { readonly type: string; readonly info: unknown }[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Services nest a handful of levels; deployments of deployments a few more. */
const maxDepth = 12;
const maxParts = 50;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Deployments put the error of a provider as JSON text into the message of their own. */
function innerError(message: string): Fields | undefined {
  if (!message.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(message);
    return isFields(parsed) ? unwrap(parsed) : undefined;
  } catch {
    return undefined;
  }
}

function unwrap(body: Fields): Fields {
  return isFields(body['error']) ? body['error'] : body;
}

class Reader {
  readonly parts: ArmErrorPart[] = [];
  readonly additionalInfo: { type: string; info: unknown }[] = [];

  read(error: Fields, depth: number): void {
    if (depth > maxDepth || this.parts.length >= maxParts) return;
    const raw = textOf(error['message']) || textOf(error['Message']);
    const inner = innerError(raw);
    const code = textOf(error['code']) || textOf(error['Code']);
    const target = textOf(error['target']);
    if (code !== '' || raw !== '') {
      this.parts.push({ code, message: inner === undefined ? raw : '', ...(target === '' ? {} : { target }) });
    }
    this.#readInfo(error['additionalInfo']);
    for (const nested of [inner, error['innererror'], error['innerError']]) {
      if (isFields(nested)) this.read(nested, depth + 1);
    }
    const { details } = error;
    for (const detail of Array.isArray(details) ? details.filter(isFields) : []) {
      this.read(unwrap(detail), depth + 1);
    }
  }

  #readInfo(given: unknown): void {
    for (const entry of Array.isArray(given) ? given.filter(isFields) : []) {
      this.additionalInfo.push({ type: textOf(entry['type']), info: entry['info'] });
    }
  }
}

/**
 * Reads `{ error: { code, message, target, details, additionalInfo } }`, with or without the wrapper, as deep as it goes.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 */
export function readArmError(body: unknown): ArmError {
  const reader = new Reader();
  if (isFields(body)) reader.read(unwrap(body), 0);
  return reader;
}

/** The cause: the deepest level that says something, which is where a provider answered. */
export function causeOf({ parts }: ArmError): ArmErrorPart | undefined {
  return parts.findLast(({ code, message }) => code !== '' && message !== '') ?? parts.at(-1);
}

/** The outer message, and the one of the cause where that is another. */
export function messageOf(error: ArmError): string {
  const outer = error.parts.find(({ message }) => message !== '')?.message ?? '';
  const cause = causeOf(error);
  const said = cause === undefined || cause.message === '' ? '' : cause.message;
  if (said === '' || said === outer) return outer;
  return `${outer} ${cause?.code ? `${cause.code}: ` : ''}${said}`.trim();
}
