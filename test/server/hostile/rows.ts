// Values that no argument may have, and how rows of them are made.

export type Fields = Readonly<Record<string, unknown>>;
export type Row = readonly [what: string, tool: string, input: Fields];

export const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
export const parsed = (json: string): Fields => JSON.parse(json);
/** One character below the longest text that reaches a schema at all. */
export const long = 'x'.repeat(99_999);
export const bidi = 'a\u202eb';
export const tag = 'a\u{e0041}b';
export const guid = '00000000-0000-4000-8000-000000000001';
export const group = `/subscriptions/${guid}/resourceGroups/rg`;

/** Texts that are no name of anything. */
export const names = [
  '..',
  '../x',
  '%2e%2e',
  'a/../b',
  'a%2f..%2fb',
  'a\\b',
  'a\u0000b',
  'a\r\nHost: evil.example',
  'a\u2028b',
  bidi,
  tag,
  '\ud800',
  'https://evil.example/x',
  'a?x=1',
  'a#x',
  'a&b=c',
  ' ',
  '',
  long,
];
/** Values that are no text. */
export const nonTexts: readonly unknown[] = [5, true, [], ['a'], {}, { toString: 'a' }];

export const each = (
  what: string,
  tool: string,
  values: readonly unknown[],
  input: (value: unknown) => Fields,
): Row[] => values.map((value) => [what, tool, input(value)]);
