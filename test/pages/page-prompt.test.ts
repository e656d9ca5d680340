import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localCaller } from '../../src/core/base/caller.ts';
import { type Clock, systemClock } from '../../src/core/base/clock.ts';
import type { PromptRequest } from '../../src/core/connections/secret-prompt.ts';
import { createPagePrompt } from '../../src/pages/page-prompt.ts';
import { handClock, testRecord } from '../core/connections/support.ts';
import { testCall } from '../support/call.ts';
import { fakeTime, passTime } from '../support/pass-time.ts';
import { post, send, untilPhase, visit } from './page-client.ts';
import { openPageLab, type PageLab } from './page-lab.ts';

let lab: PageLab;

beforeEach(async () => {
  lab = await openPageLab();
});

afterEach(() => lab.close());

/** What the person enters, all of it right. */
function right(changes: Readonly<Record<string, string>> = {}) {
  const { tenantId, clientId, clientSecret } = lab.sandbox.credentials;
  return { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret, ...changes };
}

const directory = { scopes: ['directory'] };

describe('a client that opens pages', () => {
  test('gets the page for a completion without its secret; the page completes and validates the connection', async () => {
    const { url, answer } = await lab.ask(directory);
    expect(lab.shown).toEqual([{ url, message: 'Enter client_secret of the connection prod.' }]);
    expect(lab.announced).toEqual([]);
    expect(await post(await visit({ url }), {}, right())).toMatchObject({ status: 202 });
    const { response, text } = await answer;
    expect(response).toMatchObject({
      success: true,
      data: { status: 'ready', health: 'healthy', secrets: [{ kind: 'client_secret', source: 'prompt' }] },
    });
    expect(text).not.toContain(lab.sandbox.credentials.clientSecret);
  });

  test('what the caller named is in the form; what it did not is asked for; the person has the last word', async () => {
    const { tenantId, clientId } = lab.sandbox.credentials;
    const asked = { tenant_id: 'someone.example', client_secret: { prompt: true } };
    const { url, answer } = await lab.ask({ scopes: ['directory', 'devops'] }, asked);
    const visited = await visit({ url });
    const fields = [...visited.page.body.matchAll(/<input id="(\w+)" name="\w+" type="(\w+)"(?: value="([^"]*)")?/g)];
    expect(fields.map(([, name, type, value]) => [name, type, value])).toEqual([
      ['tenant_id', 'text', 'someone.example'],
      ['client_id', 'text', ''],
      ['organization', 'text', ''],
      ['client_secret', 'password', undefined],
    ]);
    expect(visited.page.body.match(/Filled in by the assistant/g)).toHaveLength(1);
    await post(visited, {}, right());
    expect((await answer).response.data.identity).toEqual({ tenant_id: tenantId, client_id: clientId });
  });

  test('a wrong secret can be mended on the same page, and so can a wrong app', async () => {
    const { url, answer } = await lab.ask(directory);
    const visited = await visit({ url });
    const wrong = [
      right({ client_secret: 'not-the-secret' }),
      right({ client_id: '99999999-9999-4999-8999-999999999999' }),
    ];
    for (const values of wrong) {
      expect(await post(visited, {}, values)).toMatchObject({ status: 202 });
      await untilPhase(visited, 'retry');
    }
    await post(visited, {}, right());
    expect((await answer).response.data).toMatchObject({ status: 'ready', health: 'healthy' });
    // Neither of the wrong ones is kept.
    expect((await answer).response.data.secrets).toHaveLength(1);
  });

  test.each([
    ['nothing', {}, ['tenant_id', 'client_id', 'client_secret']],
    ['a secret id', { client_secret: '99999999-9999-4999-8999-999999999999' }, ['client_secret']],
    ['a tenant that is none', { tenant_id: 'a b', client_secret: 'x-secret' }, ['tenant_id']],
    ['spaces', { client_secret: '   ' }, ['client_secret']],
  ])('%s is explained at its field, and nothing is stored', async (_name, values, fields) => {
    const { url } = await lab.ask(directory);
    const visited = await visit({ url });
    const given = fields.length === 3 ? values : { ...right(), ...values };
    const { status, body } = await post(visited, {}, given);
    expect(status).toBe(422);
    expect(JSON.parse(body).problems.map(({ field }: { field: string }) => field)).toEqual(fields);
    expect((await lab.call('list_connections', { name: 'prod' })).response.data.value[0].status).toBe('pending');
  });

  test('the same call again finds its page, and then what became of it', async () => {
    const { url, answer } = await lab.ask(directory, { client_secret: { prompt: true } });
    const again = lab.complete({ client_secret: { prompt: true } });
    await post(await visit({ url }), {}, right());
    const answers = await Promise.all([answer, again]);
    expect(answers.map(({ response }) => response.data.status)).toEqual(['ready', 'ready']);
    expect(new Set(lab.shown.map((page) => page.url)).size).toBe(1);
  });

  test('another wish for the same connection replaces the page', async () => {
    const { url } = await lab.ask(directory);
    const next = lab.nextPage();
    void lab.complete({ tenant_id: 'contoso.example' });
    expect(await send((await next).url)).toMatchObject({ status: 303 });
    expect(await send(url)).toMatchObject({ status: 410 });
  });
});

describe('a client that opens none', () => {
  test('gets the address at once, on stderr too, and the page completes the connection by itself', async () => {
    await lab.call('create_connection', { name: 'prod', cloud: 'sandbox', ...directory });
    const { isError, response } = await lab.call('complete_connection', { connection: 'prod' });
    expect(isError).toBe(true);
    expect(response.error).toMatchObject({
      code: 'configuration',
      message: 'The connection prod waits for the person to enter client_secret on a page of this computer.',
      detail: {
        page: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/open\/[\w-]{43}$/),
        open_until: expect.any(String),
      },
    });
    const { page } = response.error.detail;
    expect(lab.announced).toEqual([expect.stringContaining(page)]);
    // The second call gives the same address, and does not say it twice on stderr.
    const second = await lab.call('complete_connection', { connection: 'prod' });
    expect([second.response.error.detail.page, lab.announced.length]).toEqual([page, 1]);
    const visited = await visit({ url: page });
    await post(visited, {}, right());
    await untilPhase(visited, 'done');
    const { response: listed } = await lab.call('list_connections', { name: 'prod' });
    expect(listed.data.value[0]).toMatchObject({ status: 'ready', health: 'healthy' });
  });
});

describe('no page is opened', () => {
  test('for a secret that does not go with the sign-in', async () => {
    await lab.call('create_connection', { name: 'prod', cloud: 'sandbox', auth_type: 'managed_identity' });
    const { response } = await lab.complete({ client_secret: { prompt: true } });
    expect(response.error.code).toBe('invalid_argument');
    expect(lab.shown).toEqual([]);
  });

  test('for what no caller can pass: the form in which a typed secret travels inside', async () => {
    await lab.call('create_connection', { name: 'prod', cloud: 'sandbox', ...directory });
    const { response } = await lab.complete({ client_secret: { prompted: 'from-the-model' } });
    expect(response.error.code).toBe('invalid_argument');
    expect(lab.shown).toEqual([]);
  });

  test('for a declared connection', async () => {
    const { response } = await lab.call('complete_connection', {
      connection: 'sandbox',
      client_secret: { prompt: true },
    });
    expect(response.error.code).toBe('refused');
    expect(lab.announced).toEqual([]);
  });

  test('for another tenant or app without leave; with leave, the page says from what to what', async () => {
    const { url, answer } = await lab.ask(directory);
    await post(await visit({ url }), {}, right());
    await answer;
    const other = { client_id: '99999999-9999-4999-8999-999999999999' };
    expect((await lab.complete({ ...other, client_secret: { prompt: true } })).response.error.code).toBe('refused');
    expect(lab.shown).toHaveLength(1);
    const next = lab.nextPage();
    void lab.complete({ ...other, replace_identity: true });
    const { page } = await visit(await next);
    expect(page.body).toContain('This makes it another identity');
    expect(page.body).toContain(`<code>${lab.sandbox.credentials.clientId}</code>`);
    expect(page.body).toContain(`<code>${other.client_id}</code>`);
  });
});

test('a page for a connection that was deleted and made again does nothing', async () => {
  const { url } = await lab.ask(directory);
  const visited = await visit({ url });
  await lab.call('delete_connection', { connection: 'prod' });
  await lab.call('create_connection', { name: 'prod', cloud: 'sandbox', ...directory });
  const { status, body } = await post(visited, {}, right());
  expect([status, body]).toEqual([422, expect.stringContaining('has been made again')]);
  expect((await lab.call('list_connections', { name: 'prod' })).response.data.value[0].status).toBe('pending');
});

describe('the wait of a call', () => {
  const record = testRecord({ status: 'pending', identity: {} });
  const request: PromptRequest = {
    record,
    caller: localCaller,
    input: { secrets: {} },
    fields: ['client_secret'],
    asksPassphrase: false,
    asked: {},
    changes: {},
    granted: [],
    replacesIdentity: false,
    reload: async () => record,
    complete: () => Promise.reject(new Error('Nobody answers.')),
    validate: () => Promise.reject(new Error('Nobody answers.')),
  };

  let opened = 0;

  function prompt(clock: Clock = handClock()) {
    const page = { url: 'http://127.0.0.1:1/open/x', expiresAt: clock.now() + 600_000, end: () => undefined };
    opened = 0;
    const open = async () => {
      opened += 1;
      return page;
    };
    const host = { open, close: async () => undefined };
    const nothing = () => undefined;
    return createPagePrompt({ host, clock, clouds: new Map(), hide: nothing, announce: nothing, onError: nothing });
  }

  const showing = (signal = new AbortController().signal) => {
    const call = testCall({ signal });
    return { ...call, authority: { ...call.authority, showPage: async () => true } };
  };

  test('says how long the page stays, and what to look at', async () => {
    const cancel = new AbortController();
    const call = showing(cancel.signal);
    const asking = prompt().ask(request, call);
    const isOpen =
      'The person has not entered client_secret yet. The page stays open until 2026-01-01 00:10 UTC and completes prod by itself: look at list_connections with name prod then, or call validate_connection.';
    await expect.poll(() => call.updates).toEqual([{ progress: 1, message: isOpen }]);
    cancel.abort();
    expect(await asking).toBe(record);
    expect(call.record.notes).toEqual([isOpen]);
  });

  test('waits as long as the page is open, and says that nothing was entered', async () => {
    fakeTime();
    const asking = prompt(systemClock).ask(request, { ...showing(), deadlineAt: Date.now() + 3_600_000 });
    const startedAt = Date.now();
    await expect(passTime(asking)).rejects.toMatchObject({
      code: 'timeout',
      message: 'The person did not enter client_secret while the page was open.',
    });
    expect(Date.now() - startedAt).toBe(600_000);
  });

  test('the same wish sent twice at once opens one page', async () => {
    const cancel = new AbortController();
    const one = prompt();
    const asking = Promise.all([one.ask(request, showing(cancel.signal)), one.ask(request, showing(cancel.signal))]);
    cancel.abort();
    await asking;
    expect(opened).toBe(1);
  });

  test('ends with the call', async () => {
    const cancel = new AbortController();
    const asking = prompt().ask(request, showing(cancel.signal));
    cancel.abort();
    expect(await asking).toBe(record);
  });

  test('what the dispatcher throws to ask the client reaches it', async () => {
    const call = testCall();
    const signal = new Error('ask the client');
    const authority = { ...call.authority, showPage: () => Promise.reject(signal) };
    await expect(prompt().ask(request, { ...call, authority })).rejects.toBe(signal);
  });
});
