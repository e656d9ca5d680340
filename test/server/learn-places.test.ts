import { expect, test } from 'vitest';
import { Caller } from '../../src/core/base/caller.ts';
import { createSeenPlaces } from '../../src/core/connections/seen-places.ts';
import { learnPlaces } from '../../src/server/learn-places.ts';

test.each([
  ['contoso', 1],
  ['contoso,fabrikam', 0],
  ['*', 0],
])('what an answer names is learnt of one connection, and of several for none: %s', (connection, count) => {
  const places = createSeenPlaces();
  const text = '{"sku":"SPE_E3"}';
  learnPlaces(
    {
      tool: { toolset: 'graph' },
      input: { connection },
      result: { text, isError: false },
      caller: new Caller({ id: 'a' }),
    },
    places,
  );
  expect(places.list('a')).toHaveLength(count);
});
