import type { ErrorReading } from '../../http/api-descriptor.ts';
import type { Operation, OperationFailure } from '../../operations/operation.ts';
import { accessHints } from './hints/access.ts';
import type { ArmHintRule } from './hints/arm-hint-rule.ts';
import { conflictHints } from './hints/conflict.ts';
import { requestHints } from './hints/request.ts';
import { type ArmError, messageOf, readArmError } from './read-arm-error.ts';

function byCode(rules: readonly ArmHintRule[]): ReadonlyMap<string, ArmHintRule> {
  return new Map(rules.flatMap((rule) => [rule.code].flat().map((code) => [code.toLowerCase(), rule])));
}

const rules = byCode([...accessHints, ...requestHints, ...conflictHints]);

/** The deepest level that a rule knows wins: it is nearest to the cause. */
function findReading(error: ArmError, path: string): ErrorReading {
  for (const part of error.parts.toReversed()) {
    const rule = rules.get(part.code.toLowerCase());
    if (rule !== undefined) {
      return typeof rule.reading === 'function' ? rule.reading({ error, part, path }) : rule.reading;
    }
  }
  return {};
}

/** What an error body means, and the next step: of a failed answer, or of an operation that ended with one. */
export function classifyArmError(body: unknown, path: string): ErrorReading {
  const error = readArmError(body);
  const message = messageOf(error);
  return { ...findReading(error, path), ...(message === '' ? {} : { message }) };
}

/** The same for the `error` of an operation. Resource Manager's form serves for Graph as well, its hints do not. */
export function explainOperationFailure(error: unknown, { api, path }: Operation): Partial<OperationFailure> {
  const read = readArmError(error);
  const message = messageOf(read);
  const hint = api === 'arm' ? findReading(read, path).hint : undefined;
  return {
    ...(read.parts[0]?.code ? { code: read.parts[0].code } : {}),
    ...(message === '' ? {} : { message }),
    ...(hint === undefined ? {} : { hint }),
  };
}
