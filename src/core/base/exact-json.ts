import { isRecord } from './guards.ts';

/**
 * Reads JSON that others wrote without changing what it says: integers that a JavaScript number cannot hold stay exact, as
 * text, and nothing that comes out is nested more deeply than what reads it can follow.
 */
export interface ExactJson {
  readonly value: unknown;
  /** False where numbers became text: the document itself says something else than `value`. */
  readonly isVerbatim: boolean;
}

/** Thrown for a document that is nested more deeply than `deepestLevel`. */
export class TooDeepError extends Error {
  override readonly name = 'TooDeepError';
}

/**
 * Levels of objects and lists in one document. Services need a dozen; some clients cannot read more than 128, and what
 * walks through a value would run out of stack at a few thousand.
 */
export const deepestLevel = 100;

/** A number of sixteen digits or more. Inside texts it costs a second look, nothing else. */
const mayHoldBigNumber = /[[:,\s]-?\d{16}/;

/** Throws what `JSON.parse` throws, and `TooDeepError`. */
export function parseExactJson(text: string): ExactJson {
  const value: unknown = JSON.parse(text);
  if (isDeeperThan(value, deepestLevel)) throw new TooDeepError('The document is nested too deeply.');
  return mayHoldBigNumber.test(text) ? withBigNumbers(text) : { value, isVerbatim: true };
}

/** A document like that, with big integers as the numbers they are when it is written as JSON again. */
export function parseForSending(text: string): unknown {
  if (!mayHoldBigNumber.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown, context?: ReviverContext) =>
    isInexact(value) && context?.source !== undefined ? rawJson(context.source) : value,
  );
}

/** What ECMAScript 2026 passes to a reviver: https://tc39.es/proposal-json-parse-with-source/ */
interface ReviverContext {
  /** The text that a simple value was read from. */
  readonly source?: string;
}

function withBigNumbers(text: string): ExactJson {
  let isVerbatim = true;
  const value: unknown = JSON.parse(text, (_, one: unknown, context?: ReviverContext) => {
    if (!isInexact(one) || context?.source === undefined) return one;
    isVerbatim = false;
    return context.source;
  });
  return { value, isVerbatim };
}

function isInexact(value: unknown): boolean {
  return (
    typeof value === 'number' && !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value))
  );
}

/** From the same proposal: a value that `JSON.stringify` writes as it is. */
function rawJson(source: string): unknown {
  return 'rawJSON' in JSON && typeof JSON.rawJSON === 'function' ? JSON.rawJSON(source) : Number(source);
}

/** Goes through a value level by level, so that its depth costs no stack. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value].filter(isBranch);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > levels) return true;
    const below: object[] = [];
    for (const branch of level) addBranches(branch, below);
    level = below;
  }
  return false;
}

/** Runs for every object of every answer: the names of a list would be texts, so lists have a loop of their own. */
function addBranches(branch: object, below: object[]): void {
  if (Array.isArray(branch)) {
    for (const child of branch) {
      if (isBranch(child)) below.push(child);
    }
  } else if (isRecord(branch)) {
    for (const name in branch) {
      const child = branch[name];
      if (isBranch(child)) below.push(child);
    }
  }
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
