import { expect, test } from 'vitest';
import { createSeenPlaces, type SeenPlace } from '../../../src/core/connections/seen-places.ts';

const project = (name: string): SeenPlace => ({ kind: 'project', connection: 'c', project: name });

test('places are kept apart by caller, the latest first, each once', () => {
  const places = createSeenPlaces();
  places.note(project('a'), 'ada');
  places.note(project('b'), 'ada');
  places.note(project('A'), 'ada');
  places.note(project('c'), 'bob');
  expect(places.list('ada')).toEqual([project('A'), project('b')]);
  expect(places.list('bob')).toEqual([project('c')]);
  expect(places.list('eve')).toEqual([]);
});

test('the oldest places and callers are forgotten', () => {
  const places = createSeenPlaces({ mostPlaces: 2, mostCallers: 2 });
  for (const name of ['a', 'b', 'c']) places.note(project(name), 'ada');
  expect(places.list('ada')).toEqual([project('c'), project('b')]);
  places.note(project('x'), 'bob');
  places.note(project('d'), 'ada');
  places.note(project('y'), 'eve');
  expect(places.list('bob')).toEqual([]);
  expect(places.list('ada')).toEqual([project('d'), project('c')]);
});
