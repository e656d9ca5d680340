import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A place that was written to, and all that stands there. */
type Written = readonly [where: string, text: string];

/** The spellings in which a value could have been written. */
function spellings(value: string): string[] {
  return [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
    Buffer.from(value).toString('hex'),
  ];
}

/** Every file below a folder, byte for byte. */
export async function filesBelow(folder: string): Promise<readonly Written[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => [path, await readFile(path, 'latin1')] as const));
}

/** None of the values, in no spelling, and nothing that looks like a token, a private key or a secret of Entra. */
export function expectNothingOf(values: readonly string[], everything: readonly Written[]): void {
  for (const [where, text] of everything) {
    for (const spelling of values.flatMap(spellings)) {
      const at = text.indexOf(spelling);
      expect(at < 0 ? '' : `${where}: …${text.slice(Math.max(0, at - 120), at + 40)}…`).toBe('');
    }
    expect(/eyJ[\w-]{10,}\.[\w-]{10,}\./.exec(text)?.[0], where).toBeUndefined();
    expect(text.includes('PRIVATE KEY'), where).toBe(false);
    expect(/[\w.]{3}8Q~[\w.]{34}/.exec(text)?.[0], where).toBeUndefined();
  }
}
