import { describe, expect, test } from 'vitest';
import { isOffered, isWriteInstead, nextCall } from '../../src/tools/next-call.ts';

const read = { api: 'graph', method: 'GET', path: '/users' } as const;
const refused = { tool: 'graph_query', connection: 'prod', args: {} };

describe('a request as a call', () => {
  test('says only what it was told', () => {
    expect(nextCall(read, refused)).toEqual({
      tool: 'graph_query',
      arguments: { connection: 'prod', endpoint: '/users' },
    });
  });

  test('keeps how the answer was to be shown, and nothing of the refused request', () => {
    const args = {
      connection: 'prod',
      endpoint: '/users?$filter=x',
      params: { $top: 1 },
      headers: { Prefer: 'x' },
      cursor: 'c',
      api_version: 'beta',
      format: 'csv',
      count_by: 'department',
      limit: 3,
    };
    expect(nextCall({ ...read, limit: 500 }, { ...refused, args })?.arguments).toEqual({
      connection: 'prod',
      endpoint: '/users',
      format: 'csv',
      count_by: 'department',
      limit: 3,
    });
  });

  test('of another question keeps nothing', () => {
    const args = { save_as: 'users.csv', project: 'value[].id' };
    expect(nextCall({ ...read, isOther: true }, { ...refused, args })?.arguments).not.toHaveProperty('save_as');
  });

  test('that would be long is none', () => {
    expect(nextCall({ ...read, params: { $filter: 'x'.repeat(3_000) } }, refused)).toBeUndefined();
  });

  test('is of the toolsets that are offered', () => {
    const call = nextCall(
      { api: 'arm', method: 'PUT', path: '/x', body: {} },
      { ...refused, tool: 'list_workspace_connections' },
    );
    expect(call?.tool).toBe('arm_write');
    expect(call && [undefined, ['all'], ['ml', 'arm'], ['ml'], ['graph']].map((one) => isOffered(call, one))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test('only reads where it asks Resource Graph', () => {
    const query = { api: 'arm', method: 'POST', path: '/providers/Microsoft.ResourceGraph/resources' } as const;
    expect(isWriteInstead({ ...query, body: { query: 'resources' } })).toBe(false);
    expect(isWriteInstead({ ...query, path: '/subscriptions/1/providers/x/register' })).toBe(true);
  });
});
