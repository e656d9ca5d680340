import { randomInt } from 'node:crypto';
import { Secret } from './secret.ts';

/** Kinds of characters, without those that look alike. The marks need no quoting in shells, addresses and JSON. */
const alphabets = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '-_.~'] as const;

const length = 28;

/**
 * A password of 28 characters (about 150 bits) that Entra, Windows, Azure SQL, PostgreSQL and MySQL accept: lower and upper
 * case, digits and marks, and a letter at the front.
 *
 * https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad-combined-policy
 */
export function generatePassword(): Secret {
  const all = alphabets.join('');
  // One of each kind, the rest from all of them, in an order of chance behind the first letter.
  const rest = [...alphabets.map(pick), ...Array.from({ length: length - alphabets.length - 1 }, () => pick(all))];
  for (let at = rest.length - 1; at > 0; at--) {
    const other = randomInt(at + 1);
    [rest[at], rest[other]] = [rest[other] ?? '', rest[at] ?? ''];
  }
  return new Secret(`${pick(alphabets[0])}${rest.join('')}`);
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}
