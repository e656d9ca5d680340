import type { ErrorCode } from '../../../base/errors.ts';
import type { ErrorReading, FailedAnswer } from '../../../http/api-descriptor.ts';

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
}

type Condition = Omit<HintRule, 'reading'>;

function ruleFor(code: ErrorCode) {
  return (when: Condition, hint: string): HintRule => ({ ...when, reading: { code, hint } });
}

export const invalid = ruleFor('invalid_argument');
export const conflict = ruleFor('conflict');
export const notFound = ruleFor('not_found');

function isAmong<Value>(wanted: Value | readonly Value[] | undefined, value: Value): boolean {
  return wanted === undefined || (Array.isArray(wanted) ? wanted.includes(value) : wanted === value);
}

/** What the first matching rule says. */
export function findReading(rules: readonly HintRule[], failure: FailedAnswer): ErrorReading | undefined {
  const { status, code, message, request } = failure;
  const rule = rules.find(
    (candidate) =>
      isAmong(candidate.status, status) &&
      isAmong(candidate.code, code) &&
      (candidate.message?.test(message) ?? true) &&
      (candidate.path?.test(request.wirePath) ?? true),
  );
  return typeof rule?.reading === 'function' ? rule.reading(failure) : rule?.reading;
}
