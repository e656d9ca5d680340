import { randomInt } from 'node:crypto';

/** Without what looks alike: 0 and O, 1, I and L. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

/** A random code that people read aloud and type: capitals and digits that no eye mixes up. */
export function drawCode(length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
