import { describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../../src/sandbox/seed/sandbox-credentials.ts';
import { createSandboxClient, sendRaw } from '../../support/sandbox-client.ts';

/** A client with paths relative to the first user's drive. */
async function openDrive() {
  const client = await createSandboxClient();
  const { body: users } = await client.get('/users?$top=1&$select=id,userPrincipalName');
  const user: { id: string; userPrincipalName: string } = users.value[0];
  const { body: drive } = await client.get(`/users/${user.id}/drive`);
  return { ...client, user, drive, home: `/drives/${drive.id}` };
}

describe('drives and items', () => {
  test('the drive of a person is the same by owner, principal name and id', async () => {
    const { get, user, drive } = await openDrive();
    expect(drive).toMatchObject({
      driveType: 'business',
      owner: { user: { id: user.id } },
      quota: { state: 'normal' },
    });
    expect((await get(`/users/${user.userPrincipalName}/drive`)).body.id).toBe(drive.id);
    expect((await get(`/drives/${drive.id}`)).body.id).toBe(drive.id);
    expect((await get(`/drives/${drive.id}?$select=id`)).body).toEqual({
      '@odata.context': expect.any(String),
      id: drive.id,
    });
  });

  test.each([
    ['a person without a licence', '/users/emergency.access@contoso.onmicrosoft.com/drive', 404, 'ResourceNotFound'],
    ['a person who does not exist', '/users/nobody@contoso.example/drive', 404, 'ResourceNotFound'],
    ['an id of no drive', '/drives/b!AAAAAAAAAAAAAAAAAAAAAHRlbmFudHJ5IHNhbmRib3g', 404, 'itemNotFound'],
    ['an id that is none', '/drives/my-drive', 400, 'invalidRequest'],
  ])('%s has no drive', async (_who, path, status, code) => {
    const { get } = await openDrive();
    const answer = await get(path);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.innererror['request-id']).toBe(answer.headers['request-id']);
  });

  test('an item is found by id, by path from the root and by path from another item', async () => {
    const { get, home, user } = await openDrive();
    const byPath = await get(`${home}/root:/Documents/Budget 2026.csv`);
    expect(byPath.body).toMatchObject({ name: 'Budget 2026.csv', file: { mimeType: 'text/csv' } });
    const folder = await get(`/users/${user.id}/drive/root:/documents:`);
    expect(folder.body).toMatchObject({ name: 'Documents', folder: { childCount: 2 } });
    const ways = [
      `${home}/items/${byPath.body.id}`,
      `${home}/items/${folder.body.id}:/budget 2026.csv`,
      `/users/${user.id}/drive/root:/Documents/Budget%202026.csv:`,
    ];
    for (const way of ways) expect((await get(way)).body.id).toBe(byPath.body.id);
    expect((await get(`${home}/root:/Documents/Notes %26 ideas %231.md?$select=name,size`)).body).toEqual({
      '@odata.context': expect.any(String),
      name: 'Notes & ideas #1.md',
      size: 26,
    });
    expect((await get(`${home}/root:/Documents/None.csv`)).body.error.code).toBe('itemNotFound');
  });

  test('a folder comes in pages of 200, the number of its items on the first', async () => {
    const { pages, get, home } = await openDrive();
    const path = `${home}/root:/Archive:/children?$select=id,name`;
    const all = await pages(path);
    expect(all.map(({ body }) => body.value.length)).toEqual([200, 200, 50]);
    expect(all.map(({ body }) => body['@odata.count'])).toEqual([450, undefined, undefined]);
    const names = all.flatMap(({ body }) => body.value.map((item: { name: string }) => item.name));
    expect(new Set(names).size).toBe(450);
    expect((await get(`${path}&$top=3&$orderby=name desc`)).body.value[0].name).toBe('Minutes 450.txt');
    expect((await get(`${home}/root/children?$skiptoken=made-up`)).status).toBe(400);
    expect((await get(`${home}/root/children?$filter=name eq 'x'`)).status).toBe(501);
  });

  test('files need a permission of their own', async () => {
    const client = await createSandboxClient({}, seededCredentials('readOnly'));
    const { body: users } = await client.get('/users?$top=1');
    const answer = await client.get(`/users/${users.value[0].id}/drive/root/children`);
    expect([answer.status, answer.body.error.code]).toEqual([403, 'accessDenied']);
  });

  test.each([
    ['/me/drive/root', 400],
    ['/drives', 501],
    ['/drives/x/list', 501],
    ['/drives/x/items/y/permissions', 501],
    ['/groups/x/drive', 501],
    ['/users/x:/y:/content', 400],
  ])('%s is not guessed at', async (path, status) => {
    const { get } = await createSandboxClient();
    expect((await get(path)).status).toBe(status);
  });
});

describe('writing', () => {
  const put = { headers: { 'content-type': 'text/plain' } };

  test('a small file is new with 201 and replaced with 200; folders on the way are made', async () => {
    const { send, get, home } = await openDrive();
    const path = `${home}/root:/New/Deep/plan.txt:/content`;
    const first = await send('PUT', path, { ...put, body: 'one' });
    expect([first.status, first.body.size, first.body.parentReference.path]).toEqual([
      201,
      3,
      expect.stringMatching(/root:\/New\/Deep$/),
    ]);
    const second = await send('PUT', path, { ...put, body: 'three' });
    expect([second.status, second.body.id, second.body.size]).toEqual([200, first.body.id, 5]);
    expect(second.body.eTag).not.toBe(first.body.eTag);
    expect((await get(`${home}/root:/New`)).body).toMatchObject({ size: 5, folder: { childCount: 1 } });
  });

  test.each([
    ['fail', 409, undefined],
    ['rename', 201, 'welcome 1.txt'],
    ['replace', 200, 'Welcome.txt'],
  ])('a name that is taken: %s', async (behavior, status, name) => {
    const { send, home } = await openDrive();
    const path = `${home}/root:/welcome.txt:/content?@microsoft.graph.conflictBehavior=${behavior}`;
    const answer = await send('PUT', path, { ...put, body: 'x' });
    expect([answer.status, answer.body.name]).toEqual([status, name]);
    if (status === 409) expect(answer.body.error.code).toBe('nameAlreadyExists');
  });

  test('what was changed since it was read is not deleted; the root never is', async () => {
    const { send, get, home } = await openDrive();
    const { body: file } = await get(`${home}/root:/Welcome.txt`);
    const stale = await send('DELETE', `${home}/items/${file.id}`, { headers: { 'if-match': '"{0},9"' } });
    expect([stale.status, stale.body.error.code]).toEqual([412, 'resourceModified']);
    expect((await send('DELETE', `${home}/items/${file.id}`, { headers: { 'if-match': file.eTag } })).status).toBe(204);
    expect((await send('DELETE', `${home}/items/${file.id}`)).body.error.code).toBe('itemNotFound');
    expect((await send('DELETE', `${home}/root`)).body.error.code).toBe('accessDenied');
    await send('DELETE', `${home}/root:/Documents`);
    expect((await get(`${home}/root:/Documents/Budget 2026.csv`)).status).toBe(404);
  });

  test.each(['a:b.txt', 'x?.txt', 'ends. ', ' begins.txt'])('the name %j is refused', async (name) => {
    const { send, home } = await openDrive();
    const answer = await send('PUT', `${home}/root:/${encodeURIComponent(name)}:/content`, { ...put, body: 'x' });
    expect(answer.status).toBe(400);
  });

  test('a reset brings the drive back to the seed', async () => {
    const { send, home, sandbox } = await openDrive();
    await send('DELETE', `${home}/root:/Welcome.txt`);
    sandbox.reset();
    expect((await send('GET', `${home}/root:/Welcome.txt`)).status).toBe(200);
  });
});

describe('downloads', () => {
  test('content is a redirect to an address of another host that needs no token', async () => {
    const { get, home, sandbox } = await openDrive();
    const answer = await get(`${home}/root:/Welcome.txt:/content`);
    expect(answer.status).toBe(302);
    const location = answer.headers['location'] ?? '';
    expect(location).toMatch(/^https:\/\/upload\.sandbox\.invalid\/download\//);
    const file = await sendRaw(sandbox, 'GET', location);
    expect([file.status, file.headers['content-type']]).toEqual([200, 'text/plain']);
    expect(file.text).toMatch(/^Welcome to OneDrive, /);
    expect((await sendRaw(sandbox, 'GET', location, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
    expect((await sendRaw(sandbox, 'GET', location.replace(/.$/, '!'))).status).toBe(401);
  });

  test('a part of a file is asked for at the address itself', async () => {
    const { get, home, sandbox } = await openDrive();
    const { body: item } = await get(`${home}/root:/Welcome.txt`);
    const url = item['@microsoft.graph.downloadUrl'];
    const part = async (range: string) => {
      const { status, text, headers } = await sendRaw(sandbox, 'GET', url, { headers: { range } });
      return [status, text, headers['content-range']];
    };
    expect(await part('bytes=0-6')).toEqual([206, 'Welcome', `bytes 0-6/${item.size}`]);
    expect((await part('bytes=-2'))[1]).toBe('.\n');
    expect((await part('bytes=9999-'))[0]).toBe(416);
  });

  test('the address is good for minutes and shows no secret in the log of requests', async () => {
    const { get, home, sandbox } = await openDrive();
    const location = (await get(`${home}/root:/Welcome.txt:/content`)).headers['location'] ?? '';
    sandbox.advance(6 * 60);
    expect((await sendRaw(sandbox, 'GET', location)).status).toBe(401);
    expect(sandbox.requests().at(-1)?.url).toMatch(/\?tempauth=\*\*\*$/);
  });
});

describe('throttling', () => {
  test('from four fifths of the budget on, answers say what is left; beyond it, 429', async () => {
    const { get, home, sandbox } = await openDrive();
    sandbox.placeObject('graph', 'throttleLimits', { sharepoint_units: 10, sharepoint_seconds: 100 });
    sandbox.advance(100);
    const headersOf = async (path: string) => {
      const { status, headers } = await get(`${home}${path}`);
      return [status, headers['ratelimit-limit'], headers['ratelimit-remaining'], headers['x-ms-resource-unit']];
    };
    for (let spent = 0; spent < 6; spent += 2) {
      expect(await headersOf('/root/children')).toEqual([200, undefined, undefined, undefined]);
    }
    expect(await headersOf('/root')).toEqual([200, undefined, undefined, undefined]);
    expect(await headersOf('/root')).toEqual([200, '10', '2', undefined]);
    expect(await headersOf('/root/children')).toEqual([200, '10', '0', undefined]);
    const refused = await get(`${home}/root`);
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { code: 'activityLimitReached' } },
      headers: { 'retry-after': '20', 'ratelimit-remaining': '0' },
    });
    // The directory has its own budget.
    expect((await get('/users?$top=1')).status).toBe(200);
  });
});
