import type { z } from 'zod';
import { canonical } from '../../core/base/canonical.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { fieldsOf, wantedValue } from '../../core/base/schema-shape.ts';
import { bareWord } from '../../core/base/synonyms.ts';
import { nameOf, type Step } from './input-bounds.ts';
import type { Readings } from './readings.ts';

type Fields = Readonly<Record<string, z.core.$ZodType>>;
type Given = Readonly<Record<string, unknown>>;

/** Names for one thing: models write each in place of the others. Where a tool has two of them, each means itself. */
const sameThing = [
  ['endpoint', 'path', 'url'],
  ['search', 'query'],
];

/**
 * The same object under the names of the schema: `apiVersion` and `api-version` are `api_version`, `url` is `endpoint`.
 * Throws `invalid_argument` where two names of one argument have different values.
 */
export function withKnownNames(fields: Fields, given: Given, path: readonly Step[], readings: Readings): Given {
  const foreign = Object.keys(given).filter((key) => !Object.hasOwn(fields, key));
  if (foreign.length === 0) return given;
  const nameFor = knownNames(fields);
  const ownName = path.length === 0 ? nameOfConnection(fields, given) : undefined;
  const renamed = new Map(
    foreign.flatMap((key) => asPair(key, nameFor(key) ?? (ownName?.key === key ? ownName.name : undefined))),
  );
  if (renamed.size === 0) return given;
  const meant = new Map(Object.entries(given).filter(([key]) => !renamed.has(key)));
  for (const [key, name] of renamed) {
    const value = given[key];
    if (value === null || value === undefined || value === '') continue;
    const other = meant.get(name);
    if (other !== undefined && other !== null && other !== '' && !isSame(other, value)) {
      throw twoValues(key, name, path);
    }
    meant.set(name, value);
    readings.asMeant([...path, { key, inArray: false }], `as ${name}`);
  }
  return Object.fromEntries(meant);
}

/** The tool that makes a connection calls `name` what all others call `connection`. Each stands for the other alone. */
function nameOfConnection(fields: Fields, given: Given) {
  const pairs = [
    { key: 'connection', name: 'name' },
    { key: 'name', name: 'connection' },
  ];
  return pairs.find(({ key, name }) => !Object.hasOwn(fields, key) && Object.hasOwn(fields, name) && !given[name]);
}

/**
 * The same arguments with `requests`, where they are missing and the members of a single one stand in their place:
 * `{ method, endpoint }` is `{ requests: [{ method, endpoint }] }`.
 */
export function withRequests(fields: Fields, given: Given, readings: Readings): Given {
  const item = itemFields(fields);
  const has = (value: unknown) => value !== undefined && value !== null && value !== '';
  if (item === undefined || has(given['requests'])) return given;
  const nameFor = knownNames(item);
  const foreign = Object.keys(given).filter((key) => !Object.hasOwn(fields, key) && has(given[key]));
  const isItem = (key: string) => Object.hasOwn(item, key) || nameFor(key) !== undefined;
  if (foreign.length === 0 || !foreign.every(isItem)) return given;
  readings.asMeant([{ key: foreign.join(', '), inArray: false }], 'as one of requests');
  const others = Object.entries(given).filter(([key]) => Object.hasOwn(fields, key) && key !== 'requests');
  const request = Object.fromEntries(foreign.map((key) => [key, given[key]]));
  return Object.fromEntries([...others, ['requests', [request]]]);
}

function itemFields({ requests }: Fields): Fields | undefined {
  const wanted = requests && wantedValue(requests);
  return wanted?.kind === 'list' ? fieldsOf(wanted.element) : undefined;
}

function asPair(key: string, name: string | undefined): Array<readonly [string, string]> {
  return name === undefined ? [] : [[key, name]];
}

/** No name of ours is longer. */
const longestName = 60;

function knownNames(fields: Fields): (key: string) => string | undefined {
  const names = Object.keys(fields);
  const bare = new Map(names.map((name) => [bareWord(name), name]));
  const alike = new Map(
    sameThing.flatMap((group) => {
      const name = names.find((one) => group.includes(one));
      return name === undefined ? [] : group.map((one) => [one, name] as const);
    }),
  );
  return (key) => {
    if (key.length > longestName || !/^[A-Za-z][A-Za-z0-9_-]*$/.test(key)) return undefined;
    const word = bareWord(key);
    return bare.get(word) ?? alike.get(word);
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));
}

function twoValues(key: string, name: string, path: readonly Step[]): Error {
  const place = path.length === 0 ? '' : `${nameOf(path)}: `;
  return invalidArgument(
    `${place}${key} and ${name} are one argument, and have different values.`,
    `Pass ${name} alone.`,
  );
}
