import { expect, test } from 'vitest';
import { Caller } from '../../src/core/base/caller.ts';
import { createSeenPlaces } from '../../src/core/connections/seen-places.ts';
import { learnPlaces } from '../../src/server/learn-places.ts';

test.each([
  ['one', { connectionId: 'id of contoso' }, [{ kind: 'product', partNumber: 'SPE_E3', connection: 'id of contoso' }]],
  ['several', {}, []],
])('what an answer names is learnt of one connection, and of several for none: %s', (_, of, learnt) => {
  const places = createSeenPlaces();
  const text = '{"sku":"SPE_E3"}';
  learnPlaces(
    {
      tool: { toolset: 'graph' },
      input: { connection: 'contoso' },
      result: { text, isError: false, ...of },
      caller: new Caller({ id: 'a' }),
    },
    places,
  );
  expect(places.list('a')).toEqual(learnt);
});
