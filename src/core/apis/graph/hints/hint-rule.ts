import type { ErrorCode } from '../../../base/errors.ts';
import type { RequestInstead } from '../../../base/request-instead.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { ErrorReading, FailedAnswer } from '../../../http/api-descriptor.ts';
import { codesIn } from '../../../http/upstream-error.ts';

/** A failure that is recognised, and what it means. All conditions that are given must hold. */
export interface HintRule {
  readonly status?: number | readonly number[];
  /** Documented codes, any of them. */
  readonly code?: string | readonly string[];
  /** Only where the code alone does not tell failures apart: texts may change at any time. */
  readonly message?: RegExp;
  /** Of the path below the version root, without query. */
  readonly path?: RegExp;
  readonly reading: ErrorReading | ((failure: FailedAnswer) => ErrorReading);
  /** What the refused request should have been, where that follows from it. */
  readonly instead?: Correction;
}

/** Undefined where the request gives no other one. */
type Correction = (failure: FailedAnswer) => RequestInstead | undefined;

type Condition = Omit<HintRule, 'reading' | 'instead'>;

function ruleFor(code: ErrorCode) {
  return (when: Condition, hint: string, instead?: Correction): HintRule => ({
    ...when,
    reading: { code, hint },
    ...withoutUndefined({ instead }),
  });
}

export const invalid = ruleFor('invalid_argument');
export const conflict = ruleFor('conflict');
export const notFound = ruleFor('not_found');

function isAmong<Value>(wanted: Value | readonly Value[] | undefined, value: Value): boolean {
  return wanted === undefined || (Array.isArray(wanted) ? wanted.includes(value) : wanted === value);
}

function matches(rule: HintRule, { status, code, message, request }: FailedAnswer): boolean {
  return (
    isAmong(rule.status, status) &&
    isAmong(rule.code, code) &&
    (rule.message?.test(message) ?? true) &&
    (rule.path?.test(request.wirePath) ?? true)
  );
}

/**
 * What the first matching rule says. The most specific code that a rule knows decides: that of a detail or of an inner error
 * before the outermost one. https://learn.microsoft.com/graph/errors#error-resource-type
 */
export function findReading(rules: readonly HintRule[], failure: FailedAnswer): ErrorReading | undefined {
  const inner = codesIn(failure.body).filter((code) => code !== failure.code);
  const known = inner.flatMap((code) => {
    const about = { ...failure, code };
    return rules.find((rule) => rule.code !== undefined && matches(rule, about)) ?? [];
  });
  const rule = known[0] ?? rules.find((candidate) => matches(candidate, failure));
  const reading = typeof rule?.reading === 'function' ? rule.reading(failure) : rule?.reading;
  return reading && withoutUndefined({ ...reading, instead: rule?.instead?.(failure) });
}
