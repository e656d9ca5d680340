import { isPlainLine, isPlainText } from '../base/plain-text.ts';
import { type PropertyProblems, shownName } from './property-problems.ts';

/** What is wrong with a text that hides or turns something. */
export const notPlain = 'has control or invisible characters';

/** Metadata is a map of texts: the service refuses numbers, booleans and objects. */
export function checkMetadata(field: string, value: unknown, problems: PropertyProblems): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(field, 'is not an object', 'pass an object of texts, such as {"ApiType":"Azure"}');
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (name.trim() === '') {
      problems.add(field, 'has an empty name', 'name every entry');
    } else if (!isPlainLine(name)) {
      problems.add(field, `has a name that ${notPlain}`, 'use one line of visible characters');
    }
    if (typeof one !== 'string') {
      problems.add(`${field}.${shownName(name)}`, `is ${kindOf(one)}, not a text`, 'pass a text: write 1 as "1"');
    } else if (!isPlainText(one)) {
      problems.add(`${field}.${shownName(name)}`, notPlain, 'pass a text of visible characters');
    }
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A date-time of RFC 3339: with seconds and with its offset, and a day that exists. */
export function checkExpiryTime(field: string, value: unknown, problems: PropertyProblems): void {
  const rule = 'pass a date and time with its offset, such as 2027-01-31T00:00:00Z';
  const match = typeof value === 'string' ? dateTime.exec(value) : null;
  if (match === null) {
    problems.add(field, 'is not a date and time', rule);
    return;
  }
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDay = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59) problems.add(field, 'does not exist in the calendar', rule);
}

/** Users whom a connection is shared with. */
export function checkUserList(field: string, value: unknown, problems: PropertyProblems): void {
  if (!Array.isArray(value)) {
    problems.add(field, 'is not a list', 'pass a list of users, as texts');
    return;
  }
  value.forEach((one: unknown, index) => {
    const problem = userProblem(one);
    if (problem !== undefined) problems.add(`${field}.${index}`, problem, 'pass a text');
  });
}

function userProblem(one: unknown): string | undefined {
  if (typeof one !== 'string') return `is ${kindOf(one)}, not a user`;
  if (one.trim() === '') return 'is empty, not a user';
  return isPlainLine(one) ? undefined : notPlain;
}
