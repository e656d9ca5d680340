import type { z } from 'zod';
import { counted } from './counted.ts';
import { type AppError, invalidArgument } from './errors.ts';
import { badCharacter } from './plain-text.ts';
import { fieldsOf, schemaAt } from './schema-shape.ts';
import { placeOf } from './synonyms.ts';

type Issue = z.core.$ZodIssue;

interface Problem {
  readonly message: string;
  readonly hint: string;
}

const mostProblems = 5;

/** All that is wrong with the arguments as one `invalid_argument`: path, what was given, and what is valid. */
export async function explainIssues(schema: z.ZodType, input: unknown, issues: readonly Issue[]): Promise<AppError> {
  // Loaded when something is wrong.
  const { nearest } = await import('./nearest.ts');
  // A mistyped name is why another field is missing: it comes first.
  const ordered = [...issues].sort((a, b) => Number(isUnknownKey(b)) - Number(isUnknownKey(a)));
  const shown: Problem[] = [];
  for (const issue of ordered) {
    if (shown.length >= mostProblems) break;
    shown.push(...explainIssue(schema, input, firstKeys(issue), nearest));
  }
  shown.splice(mostProblems);
  const more = ordered.reduce((sum, issue) => sum + countOf(issue), 0) - shown.length;
  return invalidArgument(
    `${shown.map((problem) => problem.message).join(' ')}${more > 0 ? ` And ${counted(more, 'more problem')}.` : ''}`,
    shown[0]?.hint ?? 'Read the input schema of the tool and call again.',
  );
}

/** The issue with as many unknown keys as are shown: thousands of them would be compared with every valid one. */
function firstKeys(issue: Issue): Issue {
  return issue.code === 'unrecognized_keys' ? { ...issue, keys: issue.keys.slice(0, mostProblems) } : issue;
}

function countOf(issue: Issue): number {
  return issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
}

function isUnknownKey({ code }: Issue): boolean {
  return code === 'unrecognized_keys';
}

type Nearest = (word: string, words: readonly string[]) => string | undefined;

/** What is wrong with one value; without `nearest` nothing is suggested. */
export function explainIssue(
  schema: z.ZodType,
  input: unknown,
  issue: Issue,
  nearest: Nearest = () => undefined,
): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const valid = Object.keys(fieldsOf(schemaAt(schema, issue.path) ?? schema) ?? {});
    return issue.keys.map((key) => unknownKey(pathText(input, [...issue.path, key]), key, valid, nearest));
  }
  const path = pathText(input, issue.path) || 'arguments';
  const value = valueAt(input, issue.path);
  const way: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  // Our own rule says what is wrong and what would be right in words of its own.
  if (typeof way === 'string') return [{ message: `${path}: ${issue.message}.`, hint: `Pass ${path} as ${way}.` }];
  const expected = expectation(issue, schemaAt(schema, issue.path));
  const reason = /^leave it out: (.+)$/.exec(expected)?.[1];
  if (reason !== undefined) return [{ message: `${path}: ${reason}.`, hint: `Leave ${path} out.` }];
  if (value === undefined && issue.code !== 'custom') {
    return [{ message: `${path}: missing, expected ${expected}.`, hint: `Pass ${path}: ${expected}.` }];
  }
  const meant = nearestValue(issue, value, nearest);
  return [
    {
      message: `${path}: got ${kindOf(value, path)}, expected ${expected}${mayBeSecret(path) ? '' : forbiddenCharacter(issue, value)}.${meant === undefined ? '' : ` The nearest is "${meant}".`}`,
      hint: `Pass ${path} as ${expected}.`,
    },
  ];
}

/** Which of several words was meant; nothing when there is only one, which is said anyway. */
function nearestValue(issue: Issue, value: unknown, nearest: Nearest): string | undefined {
  if (issue.code !== 'invalid_value' || typeof value !== 'string' || value === '' || value.length > 100) {
    return undefined;
  }
  const words = issue.values.filter((one) => typeof one === 'string');
  return words.length < 2 ? undefined : nearest(value, words);
}

function unknownKey(path: string, key: string, valid: readonly string[], nearest: Nearest): Problem {
  const meant = key.length <= 100 ? nearest(key, valid) : undefined;
  const place = placeOf(key, valid);
  const suggestion =
    place !== undefined ? `; ${place}` : meant === undefined ? '' : `; the nearest valid key is "${meant}"`;
  return {
    message: `${path}: unknown key${suggestion}.`,
    hint: valid.length > 0 ? `Use only these keys: ${valid.join(', ')}.` : 'Leave it out: no keys are valid here.',
  };
}

/** What would be valid, in words. */
export function expectation(issue: Issue, schema?: z.core.$ZodType): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'object') return `an object${withKeys(schema)}`;
      if (issue.expected === 'array') return anArray(schema);
      return article(issue.expected === 'int' ? 'integer' : issue.expected);
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_big':
      return `at most ${amount(issue.maximum, issue.origin)}`;
    case 'too_small':
      return `at least ${amount(issue.minimum, issue.origin)}`;
    case 'invalid_union':
      return unionExpectation(issue);
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0] ? expectation(issue.issues[0]) : 'a valid key';
    case 'invalid_format':
      return ownWords(formatInWords(issue));
    default:
      return ownWords(issue.message);
  }
}

/** The words of our own rule; the library's would show the pattern, or say only that it is invalid. */
function formatInWords(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  return issue.format === 'regex' ? 'text of another form' : `a valid ${issue.format}`;
}

/** Messages in our schemas are orders ("use a GUID such as …"). */
function ownWords(message: string): string {
  return message.replace(/^use /, '').replace(/\.$/, '');
}

function unionExpectation(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if (issue.errors.length === 0) return ownWords(issue.message);
  const options = issue.errors.map((errors) => (errors[0] ? inBranch(errors[0]) : 'another form'));
  return [...new Set(options)].join(' or ');
}

function inBranch(issue: Issue): string {
  const at = issue.path.length > 0 ? `an object with ${issue.path.join('.')}: ` : '';
  return issue.code === 'unrecognized_keys' ? 'an object without extra keys' : `${at}${expectation(issue)}`;
}

function article(noun: string): string {
  if (noun === 'record') return 'an object';
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** The keys of an object, where they are known. */
function withKeys(schema: z.core.$ZodType | undefined): string {
  const keys = Object.keys((schema && fieldsOf(schema)) ?? {});
  return keys.length === 0 ? '' : ` with ${keys.join(', ')}`;
}

function anArray(schema: z.core.$ZodType | undefined): string {
  const keys = withKeys(schema && schemaAt(schema, [0]));
  return keys === '' ? 'an array' : `an array of objects${keys}`;
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === 'string') return counted(Number(limit), 'character');
  return origin === 'array' || origin === 'set' ? counted(Number(limit), 'item') : String(limit);
}

/** The kind of a value, and the value itself where it is a short word: anything else may be a secret in the wrong place. */
function kindOf(value: unknown, path: string): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'number' && mayBeSecret(path)) return 'a number';
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (typeof value !== 'string') return article(typeof value);
  const showable = /^[a-z0-9_./ -]{0,20}$/i.test(value) && !mayBeSecret(path);
  return showable ? `the string "${value}"` : `a string of ${counted(value.length, 'character')}`;
}

function mayBeSecret(path: string): boolean {
  return /secret|token|certificate|password|header/i.test(path);
}

/** What is wrong in a name, behind the rule that it breaks: `; the character "!" at position 4 is not allowed`. */
export function forbiddenCharacter(issue: Issue, value: unknown): string {
  const pattern = patternOf(issue);
  const bad = typeof value === 'string' && pattern !== undefined ? badCharacter(value, pattern) : undefined;
  return bad === undefined ? '' : `; ${bad}`;
}

/** The pattern that a text does not match; our own rules pass it along beside their words. */
function patternOf(issue: Issue): RegExp | undefined {
  const given: unknown =
    issue.code === 'custom' ? issue.params?.['pattern'] : issue.code === 'invalid_format' ? issue.pattern : undefined;
  if (given instanceof RegExp) return given;
  const [, source, flags] = typeof given === 'string' ? (/^\/(.*)\/([a-z]*)$/s.exec(given) ?? []) : [];
  return source === undefined ? undefined : new RegExp(source, flags);
}

function pathText(input: unknown, path: readonly PropertyKey[]): string {
  let text = '';
  let parent = input;
  for (const key of path) {
    text = joinPath(text, String(key), Array.isArray(parent));
    parent = valueAt(parent, [key]);
  }
  return text;
}

/** `requests[2].body.name`; keys that are no plain names are quoted and cut. */
export function joinPath(path: string, key: string, inArray: boolean): string {
  if (inArray) return `${path}[${key}]`;
  const name = /^[A-Za-z_$@][\w$@.-]{0,80}$/.test(key) ? key : JSON.stringify(key.slice(0, 40));
  return path === '' ? name : `${path}.${name}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    // `hasOwn` has just been asked, so this reads an own property.
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}
