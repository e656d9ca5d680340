import { expect, test } from 'vitest';
import { csvText } from '../../../src/core/results/csv.ts';

test('there is no column for etags, which only the next write to an object needs', async () => {
  const message = { '@odata.etag': 'W/"1"', id: 'm1', from: { '@odata.etag': 'W/"2"', name: 'Ada' } };
  expect(await csvText([message])).toBe('id,from.name\nm1,Ada\n');
});
