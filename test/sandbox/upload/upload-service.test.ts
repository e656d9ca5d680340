import { describe, expect, test } from 'vitest';
import { createSandboxClient, type GraphAnswer, sendRaw } from '../support/sandbox-client.ts';

const unit = 320 * 1024;

/** An upload session for a file of the first user, with helpers to send pieces. */
async function openUpload(body?: unknown, name = 'video.bin') {
  const client = await createSandboxClient();
  const { body: users } = await client.get('/users?$top=1&$select=id');
  const drive = `/users/${users.value[0].id}/drive`;
  const session = await client.send('POST', `${drive}/root:/${name}:/createUploadSession`, { body: body ?? {} });
  const url: string = session.body.uploadUrl;
  const { sandbox } = client;
  const put = (range: string, size: number, headers = {}) =>
    sendRaw(sandbox, 'PUT', url, {
      headers: { 'content-range': `bytes ${range}`, ...headers },
      pipeline: { body: Buffer.alloc(size, 7) },
    });
  const ask = (method: 'GET' | 'DELETE' | 'POST') => sendRaw(sandbox, method, url);
  return { ...client, drive, session, url, put, ask };
}

function summary({ status, body }: GraphAnswer) {
  return [status, body?.error?.code ?? body?.nextExpectedRanges ?? body?.name];
}

describe('a file in pieces', () => {
  test('the address is on another host; pieces in order make the file', async () => {
    const { session, url, put, get, drive } = await openUpload();
    expect(session).toMatchObject({ status: 200, body: { nextExpectedRanges: ['0-'] } });
    expect(url).toMatch(/^https:\/\/upload\.sandbox\.invalid\//);
    const total = 2 * unit + 5;
    expect(summary(await put(`0-${unit - 1}/${total}`, unit))).toEqual([202, [`${unit}-`]]);
    expect(summary(await put(`${unit}-${2 * unit - 1}/${total}`, unit))).toEqual([202, [`${2 * unit}-`]]);
    const last = await put(`${2 * unit}-${total - 1}/${total}`, 5);
    expect([last.status, last.body.size]).toEqual([201, total]);
    expect((await get(`${drive}/items/${last.body.id}`)).body.size).toBe(total);
    expect(summary(await put(`0-${unit - 1}/${total}`, unit))).toEqual([404, 'itemNotFound']);
  });

  test('an existing file is replaced with 200', async () => {
    const { put } = await openUpload({ item: { '@microsoft.graph.conflictBehavior': 'replace' } }, 'Welcome.txt');
    expect(summary(await put('0-2/3', 3))).toEqual([200, 'Welcome.txt']);
  });

  test('a token does not belong there', async () => {
    const { put, ask } = await openUpload();
    expect(summary(await put('0-2/3', 3, { authorization: 'Bearer x' }))).toEqual([401, 'unauthenticated']);
    expect((await ask('GET')).body.nextExpectedRanges).toEqual(['0-']);
  });

  test.each([
    ['not a multiple of 320 KiB', `0-999/${unit}`, 1000, 400],
    ['another size than announced', `0-${unit - 1}/${2 * unit}`, unit - 1, 400],
    ['no range', 'all', 10, 400],
    ['beyond the end', '0-9/5', 10, 400],
    ['as large as 60 MiB', `0-${60 * 1024 ** 2 - 1}/${61 * 1024 ** 2}`, 60 * 1024 ** 2, 413],
    ['out of order', `${unit}-${2 * unit - 1}/${3 * unit}`, unit, 416],
    ['larger than the drive', `0-${unit - 1}/${2 * 1024 ** 3}`, unit, 507],
  ])('a piece is refused when it is %s', async (_what, range, size, status) => {
    const { put, ask } = await openUpload();
    expect((await put(range, size)).status).toBe(status);
    expect((await ask('GET')).body.nextExpectedRanges).toEqual(['0-']);
  });

  test('a piece that came before is 416 with invalidRange; the status says where to go on', async () => {
    const { put, ask } = await openUpload();
    await put(`0-${unit - 1}/${unit + 1}`, unit);
    const again = await put(`0-${unit - 1}/${unit + 1}`, unit);
    expect(again).toMatchObject({
      status: 416,
      body: { error: { code: 'badRequest', innererror: { code: 'invalidRange' } } },
    });
    expect(summary(await ask('GET'))).toEqual([200, [`${unit}-`]]);
    expect((await put(`${unit}-${unit}/${unit + 1}`, 1)).status).toBe(201);
  });

  test('a cancelled or expired session is gone', async () => {
    const { put, ask, sandbox } = await openUpload();
    expect((await ask('DELETE')).status).toBe(204);
    expect(summary(await put('0-2/3', 3))).toEqual([404, 'itemNotFound']);
    const other = await openUpload();
    other.sandbox.advance(24 * 3600);
    expect((await other.ask('GET')).status).toBe(404);
    expect(sandbox.requests().at(-1)).toMatchObject({ service: 'upload', status: 404 });
  });
});

describe('the commit', () => {
  test('a name that is taken is a conflict at the end, and can be tried again once it is free', async () => {
    const conflict = { item: { '@microsoft.graph.conflictBehavior': 'fail' } };
    const { put, ask, send, drive } = await openUpload(conflict, 'Welcome.txt');
    expect(summary(await put('0-2/3', 3))).toEqual([409, 'nameAlreadyExists']);
    expect((await ask('GET')).body.nextExpectedRanges).toEqual([]);
    expect((await ask('POST')).status).toBe(409);
    await send('DELETE', `${drive}/root:/Welcome.txt`);
    expect(summary(await ask('POST'))).toEqual([201, 'Welcome.txt']);
  });

  test('can be left to the client', async () => {
    const { put, ask, get, drive } = await openUpload({ deferCommit: true });
    expect((await ask('POST')).body.error.innererror.code).toBe('uploadSessionIncomplete');
    expect(summary(await put('0-2/3', 3))).toEqual([202, []]);
    expect((await get(`${drive}/root:/video.bin`)).status).toBe(404);
    expect(summary(await ask('POST'))).toEqual([201, 'video.bin']);
    expect((await get(`${drive}/root:/video.bin`)).status).toBe(200);
  });
});

test('on a port, the address has another host name than Graph', async () => {
  const { sandbox, drive } = await openUpload();
  const { url, cloud } = await sandbox.listen(0);
  try {
    const { tenantId, clientId, clientSecret } = sandbox.credentials;
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const token = await fetch(`${url}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, scope: `${cloud.graph}/.default` }),
    });
    const { access_token } = (await token.json()) as { access_token: string };
    const started = await fetch(`${cloud.graph}/v1.0${drive}/root:/port.bin:/createUploadSession`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}` },
    });
    const { uploadUrl } = (await started.json()) as { uploadUrl: string };
    expect(uploadUrl).toContain('http://localhost:');
    const sent = await fetch(uploadUrl, { method: 'PUT', headers: { 'content-range': 'bytes 0-2/3' }, body: 'abc' });
    expect(sent.status).toBe(201);
    // Each URL in the response is on its own host.
    const item = (await sent.json()) as Record<string, string>;
    expect(item['@odata.context']).toContain(`${cloud.graph}/`);
    const download = item['@microsoft.graph.downloadUrl'] ?? '';
    expect(download).toContain('http://localhost:');
    expect(await (await fetch(download)).text()).toBe('abc');
  } finally {
    await sandbox.close();
  }
});
