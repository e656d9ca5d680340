import { readFileSync } from 'node:fs';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { member } from '../../../src/core/base/guards.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// What administrators ask of a tenant of 5,000 users, as one call each.

let tools: SandboxTools;
beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true, users: 5_000 });
});
afterAll(() => tools.close());
beforeEach(() => tools.forget());

async function ask(input: Readonly<Record<string, unknown>>) {
  const { response, meta, text, isError } = await tools.call('graph_query', input);
  expect(isError).toBe(false);
  return { data: response.data, meta, tokens: encode(text).length };
}

/** All of a collection, past every tool. */
async function all(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const items: Readonly<Record<string, unknown>>[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const input = { endpoint: path, limit: 10_000, ...(cursor === undefined ? {} : { cursor }) };
    const { response, meta } = await tools.call('graph_query', input);
    items.push(...response.data.value);
    cursor = meta.cursor;
  }
  return items;
}

test('an export of 5,000 users takes at most 400 tokens', async () => {
  const { data, meta, tokens } = await ask({
    endpoint: '/users',
    params: { $select: 'id,displayName,userPrincipalName,department,accountEnabled' },
    save_as: 'users.csv',
  });
  expect(data.rows).toBe(5_000);
  expect(meta.complete).toBe(true);
  expect(tokens).toBeLessThanOrEqual(400);
});

test('failed sign-ins by user take at most 400 tokens', async () => {
  const { data, meta, tokens } = await ask({
    endpoint: '/auditLogs/signIns',
    params: { $filter: 'status/errorCode ne 0' },
    count_by: 'userPrincipalName',
    limit: 10,
  });
  expect(tokens).toBeLessThanOrEqual(400);
  const failed = await all('/auditLogs/signIns?$filter=status/errorCode ne 0');
  expect(meta.notes).toContain(`${failed.length} items counted.`);
  const [{ key, count }] = data.value;
  expect(failed.filter(({ userPrincipalName }) => userPrincipalName === key)).toHaveLength(count);
});

test('which apps have no owner', async () => {
  const { data, meta } = await ask({
    endpoint: '/applications',
    params: { $select: 'displayName', $expand: 'owners($select=id)' },
    project: 'value[?!owners].displayName',
  });
  expect(meta.complete).toBe(true);
  const apps = await all('/applications?$select=id,displayName&$expand=owners($select=id)');
  const unowned = apps.filter(({ owners }) => Array.isArray(owners) && owners.length === 0);
  expect(data.value).toEqual(unowned.map(({ displayName }) => displayName));
  expect(unowned.length).toBeGreaterThan(0);
  expect(unowned.length).toBeLessThan(apps.length);
});

test('guests who never signed in', async () => {
  const guests = { $filter: "userType eq 'Guest'", $select: 'userPrincipalName,signInActivity', $top: 500 };
  const never = 'value[?!signInActivity.lastSignInDateTime]';
  const { data, meta } = await ask({ endpoint: '/users', params: guests, project: `length(${never})` });
  expect(meta.complete).toBe(true);
  const everyone = await all(`/users?$filter=${guests.$filter}&$select=${guests.$select}&$top=500`);
  const unseen = everyone.filter((user) => member(user['signInActivity'], 'lastSignInDateTime') === undefined);
  expect(data).toBe(unseen.length);
  expect(unseen.length).toBeGreaterThan(0);
  expect(unseen.length).toBeLessThan(everyone.length);
  const names = await ask({ endpoint: '/users', params: guests, project: `${never}.userPrincipalName`, limit: 500 });
  expect(names.data.value).toEqual(unseen.map(({ userPrincipalName }) => userPrincipalName));
});

test('seats left per product', async () => {
  const { data, meta } = await ask({
    endpoint: '/subscribedSkus',
    project: 'value[].{product: skuPartNumber, left: prepaidUnits.enabled - consumedUnits}',
  });
  expect(meta.complete).toBe(true);
  const skus = await all('/subscribedSkus');
  expect(data.value).toHaveLength(skus.length);
  for (const { left } of data.value) expect(left).toBeTypeOf('number');
});

test('the calls that the documentation shows answer what is asked, whole', async () => {
  const page = readFileSync(new URL('../../../docs/lists.md', import.meta.url), 'utf8');
  const calls = [...page.matchAll(/^\| [^|]+ \| `(\{.*\})` \|$/gm)].map(([, json = '']) => JSON.parse(json));
  expect(calls).toHaveLength(6);
  for (const call of calls) {
    const { data, meta } = await ask(call);
    expect(data).not.toBeNull();
    const isTop = call.limit !== undefined;
    if (!isTop) expect(meta.complete ?? true).toBe(true);
  }
});
