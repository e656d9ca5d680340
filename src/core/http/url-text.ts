import { invalidArgument } from '../base/errors.ts';
import type { QueryParams } from './api-client.ts';

/** Longest URL, path or parameter that is accepted; services refuse far shorter ones with errors of their own. */
const maxUrlLength = 65_536;

const validForms = 'use a path such as /users or users?$top=5, or an absolute URL of the same cloud';

export function invalidUrl(problem: string, hint = validForms): Error {
  return invalidArgument(`The address is not valid: ${problem}.`, `For the address, ${hint}.`);
}

/** C0 and C1 controls, DEL, line separators: never part of a name, and a classic way to smuggle. */
export function hasControlCharacter(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}

/** Refuses what is wrong in any address, before it is examined further. */
export function checkAddressText(text: string): void {
  if (text.length > maxUrlLength) {
    throw invalidUrl(`it is longer than ${maxUrlLength} characters`, 'send long filters in several shorter requests');
  }
  if (hasControlCharacter(text) || !text.isWellFormed()) {
    throw invalidUrl('it contains a control character or broken Unicode');
  }
  if (text.includes('\\')) throw invalidUrl('it contains a backslash');
}

/** Some gateways decode twice or three times; a segment must be harmless after each. */
function decodings(segment: string): string[] {
  const forms = [segment];
  for (let round = 0; round < 3; round++) {
    const decoded = (forms.at(-1) ?? '').replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === forms.at(-1)) break;
    forms.push(decoded);
  }
  return forms;
}

/** Refuses path segments that some server could read as more than one segment, or as a step upwards. */
export function checkPath(path: string): void {
  if (path.includes('//')) throw invalidUrl('it has an empty path segment (//)');
  for (const segment of path.split('/')) {
    for (const form of decodings(segment)) {
      if (form === '.' || form === '..') throw invalidUrl('it has a . or .. segment');
      if (form !== segment && (/[/\\]/.test(form) || hasAsciiControl(form))) {
        throw invalidUrl('it has an encoded slash, backslash or control character in its path');
      }
    }
  }
}

function hasAsciiControl(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}

/** RFC 3986: everything but unreserved characters is escaped. */
export function encodeValue(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** What must be escaped in a path: all but RFC 3986's path characters and escapes that are there; `+` to be safe. */
export const unsafeInPath = /%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~!$&'()*,;=:@/%]/giu;

/** What must be escaped in the value of a query option that a person typed. */
const unsafeInQuery = /%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~$,:;=@*/()%]/giu;

/** Escapes the characters that `unsafe` matches. */
export function encodeUnsafe(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, encodeValue);
}

/** Splits outside of OData literals (`'…'`) and search clauses (`"…"`); everywhere when the quotes do not pair up. */
export function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') {
      quote = character === quote ? '' : quote;
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (character === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return quote === '' ? [...parts, text.slice(start)] : text.split(separator);
}

/** A query option: its decoded name, its value as it goes over the wire and decoded. */
export interface QueryOption {
  readonly name: string;
  readonly value: string;
  readonly wire: string;
}

/** Decodes what can be decoded and leaves the rest unchanged: people escape only part of their input. */
export function decodeLoosely(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}

/**
 * A `$search` value is a clause in double quotes; the quotes are added when they are missing.
 * https://learn.microsoft.com/graph/search-query-parameter
 */
function quoteSearch(value: string): string {
  const text = value.trim();
  return /^\(*\s*(?:NOT\s+)?\(*"/i.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}

/**
 * Wire form of a `$search` value. v1.0 decodes it twice, so that `&` and `#` need two rounds.
 * https://learn.microsoft.com/graph/known-issues (query parameters)
 */
function encodeSearch(value: string, twice: boolean): string {
  const text = quoteSearch(value);
  return encodeValue(twice ? text.replace(/[&#]/g, encodeURIComponent) : text);
}

function isSearch(name: string): boolean {
  return name.toLowerCase() === '$search';
}

function encodeName(name: string): string {
  return encodeValue(name).replace(/%24/g, '$').replace(/%40/g, '@');
}

/** Reads the query part of an address as people and models write it: escaped, half-escaped or not at all. */
export function parseQueryText(text: string, searchTwice: boolean): QueryOption[] {
  if (splitOutsideQuotes(text, '?').length > 1) {
    throw invalidUrl('it has a second ?', 'escape a literal question mark as %3F, or pass the value in params');
  }
  if (splitOutsideQuotes(text, '#').length > 1) {
    throw invalidUrl('it has a fragment (#)', 'escape a literal # as %23, or pass the value in params');
  }
  return splitOutsideQuotes(text, '&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = decodeLoosely(at < 0 ? pair : pair.slice(0, at));
      const raw = at < 0 ? '' : pair.slice(at + 1);
      if (isSearch(name)) {
        const clause = decodeLoosely(raw.replaceAll(/%25(?=2[36])/gi, '%'));
        return { name, value: quoteSearch(clause), wire: encodeSearch(clause, searchTwice) };
      }
      return { name, value: decodeLoosely(raw), wire: encodeUnsafe(raw, unsafeInQuery) };
    });
}

/** Options of `params`; values are taken literally, `null` and `undefined` are left out. */
export function readQueryParams(params: QueryParams | undefined, searchTwice: boolean): QueryOption[] {
  const options: QueryOption[] = [];
  for (const [name, given] of Object.entries(params ?? {})) {
    if (given === null || given === undefined) continue;
    const value = String(given);
    if (name === '' || hasControlCharacter(name + value) || !name.isWellFormed() || !value.isWellFormed()) {
      throw invalidArgument(
        'A query parameter has no name, or contains a control character or broken Unicode.',
        'Pass each query option by its name, such as $filter or $top, with plain text as its value.',
      );
    }
    const search = isSearch(name);
    options.push({
      name,
      value: search ? quoteSearch(value) : value,
      wire: search ? encodeSearch(value, searchTwice) : encodeValue(value),
    });
  }
  return options;
}

/** Joins options: those of `later` replace equal names of `earlier`; system options (`$…`) appear once, see `joined`. */
export function mergeQuery(earlier: readonly QueryOption[], later: readonly QueryOption[]): QueryOption[] {
  const replaced = new Set(later.map((option) => option.name.toLowerCase()));
  const merged = new Map<string, QueryOption>();
  const all = [...earlier.filter(({ name }) => !replaced.has(name.toLowerCase())), ...later];
  for (const [index, option] of all.entries()) {
    // A name that may be repeated gets a key of its own; the last of the others stands where the first did.
    const key = option.name.startsWith('$') ? option.name.toLowerCase() : `#${index}`;
    merged.set(key, joined(merged.get(key), option));
  }
  return [...merged.values()];
}

/** What is to be expanded may be named several times, and each time counts; of other options, the last one does. */
function joined(earlier: QueryOption | undefined, later: QueryOption): QueryOption {
  if (earlier === undefined || later.name.toLowerCase() !== '$expand') return later;
  return { ...later, value: `${earlier.value},${later.value}`, wire: `${earlier.wire},${later.wire}` };
}

export function formatQuery(options: readonly QueryOption[]): string {
  return options.map(({ name, wire }) => `${encodeName(name)}=${wire}`).join('&');
}

/**
 * Options by name: the last one wins, as far as the service takes one alone. What is to be expanded may be named several
 * times, and each time counts.
 */
export function queryRecord(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  const record = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = /^\$?expand$/i.test(name) ? record.get(name) : undefined;
    record.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(record);
}
