import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { doors, type Floor, floors } from '../scripts/floors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
  .map((name) => join('src', name));

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every path to a file of this project, however it is imported: what a text names is taken for what the file uses. */
function pathsIn(text: string): string[] {
  const paths = text.matchAll(/(['"`])(\.{1,2}\/[^'"`\n]+\.(?:[cm]?[jt]sx?|json))\1/g);
  return [...paths].map(([, , path = '']) => path);
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  return pathsIn(text).map((path) => ({ from, to: join(dirname(from), path) }));
}

const imports = sources.flatMap(importsOf);

interface Place {
  readonly room: string;
  /** From the top, beginning with 0. */
  readonly level: number;
}

const places = floors.flatMap(({ rooms }: Floor, level) => rooms.map((room): Place => ({ room, level })));

/** The longest room that a file stands in. */
function placeOf(file: string): Place | undefined {
  return places
    .filter(({ room }) => (room.endsWith('/') ? file.startsWith(room) : file === room))
    .sort((a, b) => b.room.length - a.room.length)[0];
}

function isUpward({ from, to }: Import): boolean {
  const [above, below] = [placeOf(from), placeOf(to)];
  if (above === undefined || below === undefined || above.room === below.room) return false;
  return below.level <= above.level;
}

describe('the floors', () => {
  test('have a room for every file, and a file in every room', () => {
    expect(sources.filter((file) => placeOf(file) === undefined)).toEqual([]);
    const used = new Set(sources.map((file) => placeOf(file)?.room));
    expect(places.map(({ room }) => room).filter((room) => !used.has(room))).toEqual([]);
  });

  test('are left downwards only: no import leads up or into the room beside, types included', () => {
    expect(imports.length).toBeGreaterThan(1_000);
    expect(imports.filter(isUpward)).toEqual([]);
  });

  test.each(doors)('$room is entered from $from alone', ({ room, from }) => {
    const entering = imports.filter(({ from: file, to }) => to.startsWith(room) && !file.startsWith(room));
    expect(entering.length).toBeGreaterThan(0);
    expect(entering.filter(({ from: file }) => !from.some((one) => file.startsWith(one)))).toEqual([]);
  });

  test.each([
    ['src/core/http/page.ts', 'src/core/apis/graph/graph-api.ts', true],
    ['src/core/apis/graph/graph-api.ts', 'src/core/apis/arm/arm-api.ts', true],
    ['src/core/apis/graph/graph-api.ts', 'src/core/http/page.ts', false],
    ['src/core/http/page.ts', 'src/core/http/paginate.ts', false],
  ])('%s to %s leads up: %s', (from, to, expected) => {
    expect(isUpward({ from, to })).toBe(expected);
  });
});

describe('imports', () => {
  test.each([
    ["import type { A } from '../a.ts';"],
    ["import '../a.ts';"],
    ["export { a } from\n  '../a.ts';"],
    ["type A = import('../a.ts').A;"],
    ["const { a } = await import(\n  '../a.ts'\n);"],
    ['const a = await import(`../a.ts`);'],
    ["const a = createRequire(import.meta.url)('../a.ts');"],
    ["const a = new URL('../a.ts', import.meta.url);"],
  ])('are seen however they are written: %s', (text) => {
    expect(pathsIn(text)).toEqual(['../a.ts']);
  });

  test('do not go through the package itself', () => {
    const own = sources.filter((file) => /(?:from|import\()\s*'tenantry'/.test(readFileSync(join(root, file), 'utf8')));
    expect(own).toEqual([]);
  });

  test('lead to files that exist', () => {
    const known = new Set(sources);
    const missing = imports.filter(({ to }) => !known.has(to) && !to.endsWith('.json'));
    expect(missing.map(({ from, to }) => `${from} -> ${relative(root, join(root, to))}`)).toEqual([]);
  });
});
