import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadGraphCatalog } from '../../../../../src/core/apis/graph/catalog/load-catalog.ts';

const samplesSchema = z.array(
  z.object({
    method: z.enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']),
    path: z.string(),
    application: z.array(z.string()),
    delegated: z.array(z.string()),
  }),
);
const file = new URL('../../../../support/graph-permission-samples.json', import.meta.url);
const samples = samplesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

test('300 sampled operations need what a second reading of the permission data says', async () => {
  const { operations } = await loadGraphCatalog();
  expect(samples).toHaveLength(300);
  const read = samples.map(({ method, path }) => {
    const operation = operations.find(method, path);
    return { method, path, application: operation?.application.least, delegated: operation?.delegated.least };
  });
  expect(read).toEqual(samples);
});
