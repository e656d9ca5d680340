import { expect, test } from 'vitest';
import { createSandboxClient, eventual } from '../../support/sandbox-client.ts';

test('pages hold everybody once, whatever the page size', async () => {
  const client = await createSandboxClient();
  for (const top of [1, 7, 100, 240, 999]) {
    const pages = await client.pages(`/users?$top=${top}&$select=id`);
    const ids = pages.flatMap((page) => page.body.value.map((user: { id: string }) => user.id));
    expect([pages.length, new Set(ids).size]).toEqual([Math.ceil(240 / top), 240]);
    if (top === 7) client.sandbox.advance(60);
  }
});

test('a nextLink is absolute and keeps what was asked', async () => {
  const client = await createSandboxClient();
  const first = await client.get('/users?$top=5&$select=displayName');
  const next = String(first.body['@odata.nextLink']);
  expect(next).toMatch(
    /^https:\/\/graph\.sandbox\.invalid\/v1\.0\/users\?\$top=5&\$select=displayName&\$skiptoken=[\w-]+$/,
  );
  const second = await client.get(next);
  expect(second.body.value).toHaveLength(5);
  expect(Object.keys(second.body.value[0])).toEqual(['displayName']);
});

test('a page token is good for the request that it was made for, in the same mode, for ten minutes', async () => {
  const client = await createSandboxClient();
  const next = String((await client.get('/users?$top=5')).body['@odata.nextLink']);
  const code = async (link: string, headers = {}) => (await client.get(link, headers)).body.error?.code;
  expect(await code(next)).toBeUndefined();
  expect(await code(next.replace('/users?', '/groups?'))).toBe('Request_UnsupportedQuery');
  expect(await code(next.replace('$top=5', '$top=6'))).toBe('Request_UnsupportedQuery');
  expect(await code(`${next.slice(0, -4)}AAAA`)).toBe('Request_UnsupportedQuery');
  expect(await code(next, eventual)).toBe('Request_UnsupportedQuery');
  client.sandbox.advance(599);
  expect(await code(next)).toBeUndefined();
  client.sandbox.advance(2);
  expect(await code(next)).toBe('Directory_ExpiredPageToken');
});

test('an advanced listing needs its header on every page', async () => {
  const client = await createSandboxClient();
  const path = "/users?$filter=endsWith(mail,'contoso.example')&$count=true&$top=50&$select=id";
  const first = await client.get(path, eventual);
  const refused = await client.get(first.body['@odata.nextLink']);
  expect([refused.status, refused.body.error.code]).toEqual([400, 'Directory_ExpiredPageToken']);
  const pages = await client.pages(path, eventual);
  const items = pages.flatMap((page) => page.body.value);
  expect(items).toHaveLength(pages[0]?.body['@odata.count']);
});

test('two hundred thousand users are listed page by page, any page as fast as the first', async () => {
  const client = await createSandboxClient({ users: 200_000 });
  client.sandbox.placeObject('graph', 'throttleLimits', { resource_units: 1_000_000 });
  const pages = await client.pages('/users?$top=999&$select=id');
  const ids = new Set(pages.flatMap((page) => page.body.value.map((user: { id: string }) => user.id)));
  expect([pages.length, ids.size]).toEqual([201, 200_000]);
});

test('what does not page comes at once', async () => {
  const client = await createSandboxClient();
  for (const path of ['/subscribedSkus', '/domains', '/organization', '/directoryRoles']) {
    const { body } = await client.get(path);
    expect(body.value.length).toBeGreaterThan(0);
    expect(body).not.toHaveProperty('@odata.nextLink');
  }
});

test('sign-ins come newest first, a thousand to a page', async () => {
  const client = await createSandboxClient();
  const { body } = await client.get('/auditLogs/signIns?$top=50');
  const times = body.value.map((entry: { createdDateTime: string }) => entry.createdDateTime);
  expect(times).toEqual(times.toSorted().toReversed());
});
