import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { authTypes, create, mark, propertiesOf, workspace, workspaceId } from '../../support/workspace-connections.ts';

let tools: SandboxTools;

const atOnce = { backoff_base: 0, jitter: 0 };

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true, settings: { retry: atOnce } });
});
afterEach(() => tools.close());

const list = (input: object = {}) => tools.call('list_workspace_connections', { ...workspace, ...input });
const remove = (name: string, input: object = {}) =>
  tools.call('delete_workspace_connection', { ...workspace, connection_name: name, ...input });
const namesIn = ({ response }: Answer): string[] => response.data.value.map(({ name }: { name: string }) => name);

describe('lost answers and refusals of the service', () => {
  test('a PUT whose answer is lost is sent again, and creates once', async () => {
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', reset: 'after' });
    const { response, meta } = await create(tools, 'made', propertiesOf('PAT'));
    expect(response.status).toBe(201);
    expect(meta.notes.join()).not.toContain('Someone else');
  });

  test('a PUT whose answers are all lost is looked up', async () => {
    await tools.close();
    tools = await openSandboxTools({ frozenClock: true, settings: { retry: { max_attempts: 1 } } });
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', reset: 'after' });
    const made = await create(tools, 'made', propertiesOf('PAT'));
    expect(made.response).toMatchObject({ success: true, data: { name: 'made', replaced: false } });
    expect(made.meta.notes.join()).toContain('The answer to the write was lost; the connection is there');
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', reset: 'before' });
    const unknown = await create(tools, 'other', propertiesOf('PAT'));
    expect(unknown.response.success).toBe(false);
    expect(namesIn(await list())).not.toContain('other');
  });

  test('a replacement that did not happen is not taken for one that did', async () => {
    await tools.close();
    tools = await openSandboxTools({ frozenClock: true, settings: { retry: { max_attempts: 1 } } });
    await create(tools, 'made', propertiesOf('PAT'));
    tools.sandbox.advance(60);
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 504 });
    const { response } = await create(tools, 'made', propertiesOf('PAT'), { replace: true });
    expect(response.error.code).toBe('outcome_unknown');
  });

  test('a delete whose answer is lost is not reported as not found', async () => {
    tools.sandbox.fault({ service: 'arm', match: 'DELETE *', reset: 'after' });
    expect((await remove('models-git')).response).toMatchObject({
      success: true,
      data: { deleted: { name: 'models-git' } },
    });
    await tools.close();
    tools = await openSandboxTools({ frozenClock: true, settings: { retry: { max_attempts: 1 } } });
    tools.sandbox.fault({ service: 'arm', match: 'DELETE *', reset: 'after' });
    const { response, meta } = await remove('models-git');
    expect(response.success).toBe(true);
    expect(meta.notes.join()).toContain('lost');
  });

  test('a connection of the same name that someone makes at the same time is replaced, with a note', async () => {
    await create(tools, 'made', propertiesOf('PAT'));
    tools.sandbox.advance(60);
    tools.sandbox.fault({ service: 'arm', match: 'GET *connections/made*', status: 404 });
    const { meta } = await create(tools, 'made', propertiesOf('PAT'));
    expect(meta.notes.join()).toContain('Someone else made a connection of this name at the same time');
  });

  test('an attempt of our own is nobody else', async () => {
    await tools.close();
    const watch = (client: HttpClient): HttpClient => ({
      async sendRequest(request) {
        try {
          return await client.sendRequest(request);
        } finally {
          if (request.method === 'PUT') tools.sandbox.advance(20);
        }
      },
    });
    tools = await openSandboxTools({ frozenClock: true, settings: { retry: atOnce }, watch });
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', reset: 'after' });
    const { response, meta } = await create(tools, 'made', propertiesOf('PAT'));
    const { createdAt, lastModifiedAt } = response.data.systemData;
    expect(createdAt < lastModifiedAt).toBe(true);
    expect(meta.notes.join()).not.toContain('Someone else');
  });

  test('one that disappears before the delete is deleted all the same', async () => {
    tools.sandbox.fault({ service: 'arm', match: 'DELETE *', status: 404 });
    expect((await remove('models-git')).response).toMatchObject({
      success: true,
      data: { deleted: { name: 'models-git' } },
    });
  });

  test('an answer that is no connection is an error', async () => {
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 200, body: { value: [] } });
    const { response } = await create(tools, 'made', propertiesOf('PAT'));
    expect(response.error).toMatchObject({ code: 'upstream_error', hint: expect.stringContaining('list_workspace') });
  });

  test('nothing is sent after a cancellation', async () => {
    const aborter = new AbortController();
    await tools.close();
    const watch = (client: HttpClient): HttpClient => ({
      async sendRequest(request) {
        const response = await client.sendRequest(request);
        if (request.url.includes('/connections/')) aborter.abort();
        return response;
      },
    });
    tools = await openSandboxTools({ watch });
    const input = { ...workspace, connection_name: 'made', properties: propertiesOf('PAT') };
    const { response } = await tools.call('create_workspace_connection', input, { signal: aborter.signal });
    expect(response.error.code).toBe('cancelled');
    expect(tools.armRequests()).toHaveLength(1);
  });

  test('a missing workspace is named', async () => {
    const input = { workspace_name: 'mlw-nowhere' };
    for (const answer of [
      await create(tools, 'made', propertiesOf('PAT'), input),
      await list(input),
      await list({ ...input, connection_name: 'any' }),
      await remove('any', input),
    ]) {
      expect(answer.response.error).toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('mlw-nowhere'),
      });
    }
  });

  test('an echo of the service shows no secret', async () => {
    const secret = `${mark}-api-key`;
    const body = { error: { code: 'ValidationError', message: `bad key ${secret}`, details: [{ message: secret }] } };
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 400, body });
    const { text, isError } = await create(tools, 'made', propertiesOf('ApiKey'));
    expect(isError).toBe(true);
    expect(text).not.toContain(mark);
  });

  test('credentials that the service hands out are not shown', async () => {
    const properties = {
      authType: 'ApiKey',
      category: 'Serp',
      credentials: { key: 'leaked-key-1' },
      value: 'leaked-value',
      Key: 'leaked-key-2',
    };
    const item = { id: 'x', name: 'leaky', type: 't', properties };
    tools.sandbox.fault({
      service: 'arm',
      match: 'GET *connections?*',
      status: 200,
      body: { value: [item, null, 'odd'] },
    });
    const all = await list();
    tools.sandbox.fault({ service: 'arm', match: 'GET *connections/leaky*', status: 200, body: item });
    const one = await list({ connection_name: 'leaky' });
    for (const { text, response } of [all, one]) {
      expect(response.data.value).toEqual([
        {
          id: `${workspaceId(tools)}/connections/leaky`,
          name: 'leaky',
          type: 't',
          properties: { authType: 'ApiKey', category: 'Serp' },
        },
      ]);
      expect(text).not.toContain('leaked');
    }
  });
});

test('a connection that only reads may list, and nothing else', async () => {
  await tools.close();
  tools = await openSandboxTools({ frozenClock: true, access: 'read_only' });
  expect((await list()).response.success).toBe(true);
  expect((await create(tools, 'made', propertiesOf('PAT'))).response.error.code).toBe('refused');
  expect((await remove('models-git')).response.error.code).toBe('refused');
});

test('a secret of a call that was refused is masked from then on', async () => {
  const { response } = await create(tools, 'made', { ...propertiesOf('PAT'), tags: {} });
  expect(response.error.code).toBe('invalid_argument');
  const { text } = await list({ category: `${mark}-pat` });
  expect(text).toContain('The category [redacted] is not among the known ones');
});

test('no answer and no file shows a secret', async () => {
  const answers: Answer[] = [];
  for (const authType of authTypes) {
    answers.push(await create(tools, `one-${authType}`, propertiesOf(authType)));
    answers.push(await create(tools, `one-${authType}`, propertiesOf(authType)));
    answers.push(await create(tools, `one-${authType}`, propertiesOf(authType), { replace: true }));
    answers.push(await list({ connection_name: `one-${authType}` }));
  }
  answers.push(await list());
  for (const authType of authTypes) answers.push(await remove(`one-${authType}`));
  for (const { text } of answers) expect(text).not.toContain(mark);
  const entries = await readdir(tools.home, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const content = await readFile(join(entry.parentPath, entry.name));
    expect(content.includes(mark), entry.name).toBe(false);
  }
  expect(tools.armRequests().join('\n').toLowerCase()).not.toContain('listsecrets');
});
