import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Keys } from './storage.ts';

/** Where a row stands: its table, and the columns by which it is found. The same text elsewhere does not open. */
export type RowPlace = readonly [table: string, ...columns: readonly (string | number)[]];

/**
 * Authenticates the texts of rows, so that nobody without the master key can change one, put it into another row, or
 * write a new one. It hides nothing. Any table may use it for text that decides what Tenantry does.
 */
export interface RowSealer {
  /** The text with a seal in front, to be stored in its place. */
  seal(place: RowPlace, text: string): string;
  /** Undefined when the text was changed, belongs to another row, was sealed with another key, or has no seal. */
  open(place: RowPlace, sealed: string): string | undefined;
  /** Hex digits that tell which key seals the rows; worthless to somebody who wants to make a seal. */
  readonly check: string;
}

/**
 * What seals rows from now on, and opens those of a rotation that is under way. Loads the key, which makes the master key where there is none. Throws `configuration`
 * when it cannot be had. To be asked for again at each use.
 */
export async function openRowSealer(keys: Keys): Promise<RowSealer> {
  const [each, check] = await Promise.all([keys.deriveEach('rows'), keys.derive('rows check')]);
  const [current] = each;
  if (current === undefined) throw new Error('There is a key.');
  return {
    seal: (place, text) => sealRow(current, place, text),
    open: (place, sealed) => each.map((key) => openRow(key, place, sealed)).find((text) => text !== undefined),
    check: check.toString('hex'),
  };
}

/** With the key for `rows` of one master key. */
export function sealRow(key: Buffer, place: RowPlace, text: string): string {
  return `${prefix}${sealOf(key, place, text).toString('base64url')}:${text}`;
}

export function openRow(key: Buffer, place: RowPlace, sealed: string): string | undefined {
  if (!isSealed(sealed)) return undefined;
  const text = sealed.slice(headerLength);
  const given = Buffer.from(sealed.slice(prefix.length, headerLength - 1), 'base64url');
  const expected = sealOf(key, place, text);
  return given.length === expected.length && timingSafeEqual(given, expected) ? text : undefined;
}

const prefix = 'seal-1:';
/** The prefix, 32 bytes in base64url, a colon. */
const headerLength = prefix.length + 43 + 1;

/** Whether a text looks sealed. JSON never does. */
function isSealed(text: string): boolean {
  return text.startsWith(prefix) && text[headerLength - 1] === ':';
}

/** JSON keeps the parts apart: no two places and texts give the same bytes. */
function sealOf(key: Buffer, place: RowPlace, text: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify(['tenantry row', 1, place, text]))
    .digest();
}
