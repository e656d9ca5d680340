import { invalidArgument } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiRequest } from './api-client.ts';
import { decodeLoosely, splitOutsideQuotes } from './url-text.ts';

/** Query options of OData. Without their `$`, services ignore some and answer everything. */
const odataOptions = new Set([
  'count',
  'deltatoken',
  'expand',
  'filter',
  'format',
  'orderby',
  'search',
  'select',
  'skip',
  'skiptoken',
  'top',
]);

type Addressed = Pick<ApiRequest, 'path' | 'params'>;

/** Names of OData that stand without their `$` in the address or among the params, in lower case. */
export function bareOptions({ path, params = {} }: Addressed): readonly string[] {
  const given = [...typedPairs(path).map(({ name }) => name), ...Object.keys(params)];
  return [...new Set(given.map((name) => name.toLowerCase()).filter((name) => odataOptions.has(name)))];
}

/**
 * The request with `$` before these options, and nothing else changed. Throws `invalid_argument` where the option is there
 * with its `$` as well and says something else.
 */
export function withDollars<Request extends Addressed>(request: Request, names: readonly string[]): Request {
  if (names.length === 0) return request;
  const { path, params } = request;
  checkTwins(request, names);
  const at = path.indexOf('?');
  const query = typedPairs(path).map(({ name, raw, rest }) => `${dollared(name, names) ?? raw}${rest}`);
  const entries = Object.entries(params ?? {}).map(([name, value]) => [dollared(name, names) ?? name, value] as const);
  return {
    ...request,
    path: at < 0 ? path : `${path.slice(0, at)}?${query.join('&')}`,
    ...withoutUndefined({ params: params && Object.fromEntries(entries) }),
  };
}

/** `$filter and $top`, for a note. */
export function namesWithDollars(names: readonly string[]): string {
  return names.map((name) => `$${name}`).join(', ');
}

function dollared(name: string, names: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  return names.includes(lower) ? `$${lower}` : undefined;
}

interface TypedPair {
  readonly name: string;
  /** The name as written. */
  readonly raw: string;
  /** From the equals sign on, as written. */
  readonly rest: string;
}

function typedPairs(path: string): readonly TypedPair[] {
  const at = path.indexOf('?');
  if (at < 0) return [];
  return splitOutsideQuotes(path.slice(at + 1), '&').map((pair) => {
    const equals = pair.indexOf('=');
    const raw = equals < 0 ? pair : pair.slice(0, equals);
    return { name: decodeLoosely(raw), raw, rest: pair.slice(raw.length) };
  });
}

function checkTwins({ path, params = {} }: Addressed, names: readonly string[]): void {
  const given = [
    ...typedPairs(path).map(({ name, rest }) => [name.toLowerCase(), decodeLoosely(rest.slice(1))] as const),
    ...Object.entries(params).map(([name, value]) => [name.toLowerCase(), String(value)] as const),
  ];
  // What is to be expanded may be named several times.
  for (const name of names.filter((one) => one !== 'expand')) {
    const twin = given.find(([one]) => one === `$${name}`);
    if (twin !== undefined && given.some(([one, value]) => one === name && value !== twin[1])) {
      throw invalidArgument(
        `The query has ${name} and $${name}, which are the same option, with different values.`,
        `Pass $${name} alone.`,
      );
    }
  }
}
