import { invalidArgument } from '../base/errors.ts';
import type { QueryParams } from './api-client.ts';
import {
  encodeUnsafe,
  encodeValue,
  hasControlCharacter,
  invalidUrl,
  splitOutsideQuotes,
  unsafeInQuery,
} from './url-text.ts';

/** A query option: its decoded name, its value as it goes over the wire and decoded. */
export interface QueryOption {
  readonly name: string;
  readonly value: string;
  readonly wire: string;
}

/** Decodes what decodes and leaves the rest as it is: half-escaped input of people. */
function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
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

/** Reads the query part of an address as a person or a model writes it, escaped, half-escaped or not at all. */
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

/** Puts options together: those of `later` replace equal names of `earlier`; system options (`$…`) appear once. */
export function mergeQuery(earlier: readonly QueryOption[], later: readonly QueryOption[]): QueryOption[] {
  const replaced = new Set(later.map((option) => option.name.toLowerCase()));
  const merged: QueryOption[] = [];
  for (const option of [...earlier.filter(({ name }) => !replaced.has(name.toLowerCase())), ...later]) {
    const twin = merged.findIndex((other) => option.name.startsWith('$') && sameName(other, option));
    if (twin < 0) {
      merged.push(option);
    } else {
      merged[twin] = option;
    }
  }
  return merged;
}

function sameName(one: QueryOption, other: QueryOption): boolean {
  return one.name.toLowerCase() === other.name.toLowerCase();
}

export function formatQuery(options: readonly QueryOption[]): string {
  return options.map(({ name, wire }) => `${encodeName(name)}=${wire}`).join('&');
}
