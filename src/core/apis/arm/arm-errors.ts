import { isRecord, parseRecord, textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ErrorReading } from '../../http/api-descriptor.ts';
import type { Operation, OperationFailure } from '../../operations/operation.ts';
import { maskTokens } from '../../secrets/secret.ts';
import { type ArmError, type ArmErrorPart, armHints } from './arm-hints.ts';
import type { ArmRequest } from './arm-instead.ts';

type Body = Readonly<Record<string, unknown>>;

const rules = new Map(
  armHints.flatMap((rule) => [rule.code].flat().map((code) => [code.toLowerCase(), rule] as const)),
);

/** What an error body means, and the next step: of a failed answer, or of an operation that ended with one. */
export function classifyArmError(body: unknown, path: string, request?: ArmRequest): ErrorReading {
  const error = readArmError(body);
  const message = messageOf(error);
  return { ...findReading(error, path, request), ...(message === '' ? {} : { said: message }) };
}

/** The same for the `error` of an operation. Graph uses the form of Resource Manager too; the hints are not for Graph. */
export function explainOperationFailure(error: unknown, { api, path }: Operation): Partial<OperationFailure> {
  const read = readArmError(error);
  const message = messageOf(read);
  const hint = api === 'arm' ? findReading(read, path).hint : undefined;
  return withoutUndefined({
    code: read.parts[0]?.code || undefined,
    message: message === '' ? undefined : quoted(maskTokens(message.slice(0, 2_000)), 1_000),
    hint,
  });
}

/** The deepest level that a rule knows wins: it is nearest to the cause. */
function findReading(error: ArmError, path: string, request?: ArmRequest): ErrorReading {
  for (const part of error.parts.toReversed()) {
    const rule = rules.get(part.code.toLowerCase());
    if (rule !== undefined) {
      return typeof rule.reading === 'function' ? rule.reading({ error, part, path, request }) : rule.reading;
    }
  }
  return {};
}

/** Services nest a few levels; deployments of deployments some more. */
const maxDepth = 12;
const maxParts = 50;

/** Some providers give their codes as numbers. */
function wordsOf(value: unknown): string {
  return typeof value === 'number' ? String(value) : textOf(value);
}

/** Deployments put the error of a provider as JSON text into their own message. */
function innerError(message: string): Body | undefined {
  const parsed = message.trimStart().startsWith('{') ? parseRecord(message) : undefined;
  return parsed && unwrap(parsed);
}

function unwrap(body: Body): Body {
  return isRecord(body['error']) ? body['error'] : body;
}

class Reader {
  readonly parts: ArmErrorPart[] = [];
  readonly additionalInfo: { type: string; info: unknown }[] = [];

  read(error: Body, depth: number): void {
    if (depth > maxDepth || this.parts.length >= maxParts) return;
    const raw = wordsOf(error['message']) || wordsOf(error['Message']);
    const inner = innerError(raw);
    const code = wordsOf(error['code']) || wordsOf(error['Code']);
    const target = wordsOf(error['target']);
    if (code !== '' || raw !== '') {
      this.parts.push({ code, message: inner === undefined ? raw : '', ...(target === '' ? {} : { target }) });
    }
    this.#readInfo(error['additionalInfo']);
    for (const nested of [inner, error['innererror'], error['innerError']]) {
      if (isRecord(nested)) this.read(nested, depth + 1);
    }
    const { details } = error;
    for (const detail of Array.isArray(details) ? details.filter(isRecord) : []) {
      this.read(unwrap(detail), depth + 1);
    }
  }

  #readInfo(given: unknown): void {
    for (const entry of Array.isArray(given) ? given.filter(isRecord) : []) {
      this.additionalInfo.push({ type: wordsOf(entry['type']), info: entry['info'] });
    }
  }
}

/**
 * Reads `{ error: { code, message, target, details, additionalInfo } }`, with or without the wrapper, as deep as it goes.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 */
export function readArmError(body: unknown): ArmError {
  const reader = new Reader();
  if (isRecord(body)) reader.read(unwrap(body), 0);
  return reader;
}

/** The cause: the deepest level that says something, which is where a provider answered. */
export function causeOf({ parts }: ArmError): ArmErrorPart | undefined {
  return parts.findLast(({ code, message }) => code !== '' && message !== '') ?? parts.at(-1);
}

/** The outer message, and that of the cause where it differs. */
function messageOf(error: ArmError): string {
  const outer = error.parts.find(({ message }) => message !== '')?.message ?? '';
  const cause = causeOf(error);
  const said = cause === undefined || cause.message === '' ? '' : cause.message;
  if (said === '' || said === outer) return outer;
  return `${outer} ${cause?.code ? `${cause.code}: ` : ''}${said}`.trim();
}
