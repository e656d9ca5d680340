import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { doors, type Floor, floors } from '../scripts/floors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name));

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Everything that a file imports from this project, types and dynamic imports included. */
function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  const specifiers = text.matchAll(/(?:\bfrom |\bimport\(|\bimport )'(\.[^']+)'/g);
  return [...specifiers].map(([, specifier = '']) => ({ from, to: join(dirname(from), specifier) }));
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
  test('lead to files that exist', () => {
    const known = new Set(sources);
    const missing = imports.filter(({ to }) => !known.has(to) && !to.endsWith('.json'));
    expect(missing.map(({ from, to }) => `${from} -> ${relative(root, join(root, to))}`)).toEqual([]);
  });
});
