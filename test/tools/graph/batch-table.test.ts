import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterAll(() => tools.close());

const missing = '/users/00000000-0000-4000-8000-00000000dead?$select=id';

test('a batch is one table: rows of lists, objects, failures and what was not sent', async () => {
  const { response, meta, isError } = await tools.call('graph_batch', {
    format: 'csv',
    continue_on_error: true,
    requests: [
      { id: 'skus', url: '/subscribedSkus?$select=skuPartNumber' },
      { id: 'none', url: "/users?$filter=department eq 'Nowhere'&$select=id" },
      { id: 'lost', url: missing },
      { id: 'after', url: '/organization', depends_on: ['lost'] },
      { id: 'count', url: '/users/$count', headers: { ConsistencyLevel: 'eventual' } },
    ],
  });
  expect(isError).toBe(false);
  expect(response.success).toBe(false);
  const lines: readonly string[] = response.data.trimEnd().split('\n');
  expect(lines[0]).toBe(
    'request,status,skuPartNumber,error.code,error.message,error.hint,error.retryable,error.upstream.code,error.upstream.request_id,value',
  );
  const rowsOf = (id: string) => lines.filter((line) => line.startsWith(`${id},`));
  expect(rowsOf('skus').length).toBeGreaterThan(5);
  expect(rowsOf('skus')[0]).toMatch(/^skus,200,SPE_E3,/);
  expect(rowsOf('none')).toEqual([expect.stringMatching(/^none,200,+$/)]);
  expect(rowsOf('lost')).toEqual([expect.stringMatching(/^lost,404,,not_found,/)]);
  expect(rowsOf('after')).toHaveLength(1);
  expect(rowsOf('after')[0]).not.toMatch(/^after,200/);
  expect(rowsOf('count')).toEqual([expect.stringMatching(/^count,200,.*,240$/)]);
  expect(meta).toMatchObject({ complete: true, count: lines.length - 1 });
});

test('members that are called like our columns stay apart', async () => {
  const { response } = await tools.call('graph_batch', {
    format: 'csv',
    project: '{status: skuPartNumber, id: id}',
    requests: [
      { id: 'a', url: '/subscribedSkus' },
      { id: 'b', url: '/organization' },
    ],
  });
  expect(response.data.split('\n')[0]).toBe('request,status,body.status,id');
});

test('a failure without continue_on_error is in the table, and the call is an error', async () => {
  const { response, isError } = await tools.call('graph_batch', { format: 'csv', requests: [{ url: missing }] });
  expect(isError).toBe(true);
  expect(response.data).toContain('1,404,not_found,');
});

test('a long table goes on with the cursor, row by row', async () => {
  const requests = Array.from({ length: 4 }, () => ({ url: '/users?$top=200' }));
  const first = await tools.call('graph_batch', { format: 'csv', requests });
  expect(first.meta).toMatchObject({ complete: false, total: 800, result: expect.stringMatching(/\.csv$/) });
  expect(first.meta.notes).toContain('The cursor is for graph_batch, without requests and with format: csv.');
  let rows = first.meta.count;
  let { cursor } = first.meta;
  while (cursor !== undefined) {
    const next = await tools.call('graph_batch', { format: 'csv', cursor });
    expect(typeof next.response.data).toBe('string');
    rows += next.meta.count;
    cursor = next.meta.cursor;
  }
  expect(rows).toBe(800);
});
