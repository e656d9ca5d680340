import { arrayBuffer } from 'node:stream/consumers';
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  FileUpload,
  GraphError,
  LargeFileUploadTask,
  type PageCollection,
  PageIterator,
} from '@microsoft/microsoft-graph-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

let tenant: StrangeTenant;
let client: Client;

beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '240');
  client = Client.initWithMiddleware({
    baseUrl: `${tenant.cloud.graph}/`,
    // The address for uploads is on another host, which must not get the token.
    customHosts: new Set(['127.0.0.1']),
    authProvider: {
      getAccessToken: async () => (await tenant.credential.getToken(`${tenant.cloud.graph}/.default`)).token,
    },
  });
});
afterAll(() => tenant?.close());

/** The id of the drive of the first person who has one. */
async function firstDrive(): Promise<string> {
  const { value } = await client.api('/users').filter("userType eq 'Member'").select('id').top(20).get();
  for (const { id } of value) {
    const drive = await client
      .api(`/users/${id}/drive`)
      .get()
      .catch(() => undefined);
    if (drive !== undefined) return drive.id;
  }
  throw new Error('nobody has a drive');
}

describe('@microsoft/microsoft-graph-client', () => {
  test('iterates over the pages of a list', async () => {
    const first: PageCollection = await client.api('/users').select('id').top(50).get();
    const ids: string[] = [];
    const iterator = new PageIterator(client, first, ({ id }: { readonly id: string }) => {
      ids.push(id);
      return true;
    });
    await iterator.iterate();
    expect([new Set(ids).size, iterator.isComplete()]).toEqual([240, true]);
  });

  test('asks an advanced query and counts', async () => {
    const answer = await client
      .api('/users')
      .header('ConsistencyLevel', 'eventual')
      .count(true)
      .filter("endsWith(mail,'@contoso.example')")
      .select(['id', 'mail'])
      .top(5)
      .get();
    expect(answer.value).toHaveLength(5);
    expect(answer['@odata.count']).toBeGreaterThan(5);
  });

  test('sends a batch whose requests depend on each other', async () => {
    // The library cuts the host away; a batch has no version in its items.
    const request = (path: string, init?: RequestInit) => new Request(`https://graph.invalid${path}`, init);
    const group = { displayName: 'From a batch', mailEnabled: false, mailNickname: 'batch', securityEnabled: true };
    const content = new BatchRequestContent([
      {
        id: '1',
        request: request('/groups', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(group),
        }),
      },
      { id: '2', request: request("/groups?$filter=displayName eq 'From a batch'"), dependsOn: ['1'] },
      { id: '3', request: request('/users/nobody'), dependsOn: ['2'] },
      { id: '4', request: request('/organization?$select=id'), dependsOn: ['3'] },
    ]);
    const answer = new BatchResponseContent(await client.api('/$batch').post(await content.getContent()));
    expect(['1', '2', '3', '4'].map((id) => answer.getResponseById(id).status)).toEqual([201, 200, 404, 424]);
    expect(await answer.getResponseById('2').json()).toMatchObject({ value: [{ displayName: 'From a batch' }] });
  });

  test('uploads a large file in pieces and downloads it', async () => {
    const drive = await firstDrive();
    const bytes = new Uint8Array(1_000_000).fill(7);
    const path = `/drives/${drive}/root:/large.bin:/createUploadSession`;
    const session = await LargeFileUploadTask.createUploadSession(client, path, {
      item: { '@microsoft.graph.conflictBehavior': 'rename' },
    });
    const upload = new FileUpload(bytes.buffer, 'large.bin', bytes.length);
    const seen: number[] = [];
    const progress = ({ minValue }: { readonly minValue: number }) => seen.push(minValue);
    const task = new LargeFileUploadTask(client, upload, session, {
      rangeSize: 327_680,
      uploadEventHandlers: { progress: (range) => range && progress(range) },
    });
    const { responseBody } = await task.upload();
    expect(responseBody).toMatchObject({ name: 'large.bin', size: bytes.length });
    expect(seen).toEqual([0, 327_680, 655_360, 983_040]);
    const stream = await client.api(`/drives/${drive}/root:/large.bin:/content`).getStream();
    expect(await arrayBuffer(stream)).toEqual(bytes.buffer);
  });

  test('waits as long as it is asked to', async () => {
    await tenant.control('faults', { match: 'GET /v1.0/organization*', status: 429, retry_after: 1 });
    expect((await client.api('/organization').get()).value).toHaveLength(1);
  });

  test('is told of an error with its code and its ids', async () => {
    const error: unknown = await client
      .api('/users/nobody')
      .get()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GraphError);
    expect(error).toMatchObject({ statusCode: 404, code: 'Request_ResourceNotFound', requestId: expect.any(String) });
  });
});
