import { afterEach, describe, expect, test } from 'vitest';
import type { Fault, SeenRequest } from '../../../src/sandbox/sandbox.ts';
import type { Answer } from '../../support/sandbox-tools.ts';
import { federation, identity, nobody, reader, useCreation } from './creation-tools.ts';
import type { Row } from './devops-tools.ts';

const { devops, create, listed } = useCreation();
type Input = Readonly<Record<string, unknown>>;

type Interruption = Fault | 'cancel before' | 'cancel after';

const interruptions: Readonly<Record<string, Interruption>> = {
  'the connection breaks before the service acts': { reset: 'before' },
  'the connection breaks after the service acted': { reset: 'after' },
  'the service answers 500': { status: 500 },
  'the service answers 429': { status: 429, retry_after: 5 },
  'the caller cancels before an answer': 'cancel before',
  'the process dies after the service acted': 'cancel after',
};

const kinds: Readonly<Record<string, Input>> = {
  'an app registration': { scheme: federation, client_id: reader, grant_all_pipelines: true },
  'a managed identity': { scheme: federation, managed_identity_id: identity, grant_all_pipelines: true },
  'an app that we make': { scheme: federation, automatic: true, grant_all_pipelines: true },
};

let restore = () => {};
afterEach(() => restore());

/** Makes request number `at` meet the interruption, and counts; sign-ins aside. */
function interruptAt(at: number, interruption: Interruption) {
  const { httpClient } = devops.tools.sandbox;
  const send = httpClient.sendRequest;
  const cancel = new AbortController();
  const counted = { requests: 0, afterCancel: 0 };
  httpClient.sendRequest = async (request) => {
    if (request.url.includes('/oauth2/') || request.url.includes('/.well-known/')) return send(request);
    counted.requests += 1;
    if (cancel.signal.aborted) counted.afterCancel += 1;
    if (counted.requests !== at) return send(request);
    if (interruption === 'cancel before') {
      cancel.abort();
    } else if (interruption === 'cancel after') {
      const answer = await send(request);
      cancel.abort();
      return answer;
    } else {
      devops.tools.sandbox.fault(interruption);
    }
    return send(request);
  };
  restore = () => {
    httpClient.sendRequest = send;
  };
  return { signal: cancel.signal, counted };
}

/** Writes that took effect. */
const done = (requests: readonly SeenRequest[], method: string, part: string) =>
  requests.filter((request) => request.method === method && request.url.includes(part) && request.status === 200);

async function countRequests(input: Input): Promise<number> {
  await devops.startOver();
  const { counted } = interruptAt(0, 'cancel before');
  const answer = await create(input);
  restore();
  expect(answer.response.success).toBe(true);
  return counted.requests;
}

/** One call that is interrupted, then the same again in another process; what exists at the end is what counts. */
async function createTwice(input: Input, at: number, interruption: Interruption): Promise<void> {
  await devops.startOver();
  const { tools } = devops;
  const { signal, counted } = interruptAt(at, interruption);
  const first = await create(input, { signal });
  restore();
  expect(counted.afterCancel).toBe(0);
  tools.sandbox.advance(120);
  if (String(interruption).startsWith('cancel')) await restartProcess();
  const second = await create(input);
  expect({ at, first: first.text, second: second.response.success }).toMatchObject({ second: true });
  await expectOneOfEach(input, second, `at ${at}`);
}

test('a cancelled call says what there is by then, and how to go on', async () => {
  await devops.startOver();
  const { signal } = interruptAt(7, 'cancel after');
  const { error } = (await create({ scheme: federation, client_id: reader }, { signal })).response;
  expect(error).toMatchObject({
    code: 'cancelled',
    hint: expect.stringMatching(/^Call again with the same arguments/),
  });
  expect(error.message).toMatch(/There is now/);
});

async function restartProcess(): Promise<void> {
  const { passTime } = await import('../../support/pass-time.ts');
  await passTime(devops.tools.restart());
}

async function expectOneOfEach(input: Input, { response }: Answer, where: string): Promise<void> {
  const seen = devops.tools.seen();
  const rows: Row[] = await listed();
  expect({ where, rows: rows.length }).toEqual({ where, rows: 1 });
  expect(rows[0]).toMatchObject({ id: response.data.id });
  expect(rows[0]?.is_ready ?? true).toBe(true);
  expect(response.data).toMatchObject({ verification: { ok: true }, all_pipelines: true });
  expect(done(seen, 'POST', '/serviceendpoint/endpoints?')).toHaveLength(1);
  const credentials = seen.filter(({ url, status }) => url.includes('federatedIdentityCredentials') && status === 201);
  expect({ where, credentials: credentials.length }).toEqual({ where, credentials: 1 });
  const made = (part: string) =>
    seen.filter(({ url, status, method }) => method !== 'GET' && url.includes(part) && status === 201).length;
  const isOurs = input['automatic'] === true;
  expect({ where, apps: made('/applications(uniqueName') }).toEqual({
    where,
    apps: isOurs ? 1 : 0,
  });
  expect({ where, principals: made('/servicePrincipals(') }).toEqual({ where, principals: isOurs ? 1 : 0 });
  expect({ where, roles: made('/roleAssignments/') }).toEqual({ where, roles: isOurs ? 1 : 0 });
  expect(await isDraft(response.data.id)).toBe(false);
}

/** Drafts are not told in lists: their mark is. */
async function isDraft(id: string): Promise<boolean> {
  const finish = devops.tools.seen().filter(({ method, url }) => method === 'PUT' && url.includes(id));
  return !finish.some(({ status }) => status === 200);
}

describe.each(Object.entries(kinds))('a connection with %s', (_, input) => {
  test.each(Object.entries(interruptions))(
    'that is interrupted anywhere, because %s, ends with one of each',
    async (_why, interruption) => {
      const requests = await countRequests(input);
      expect(requests).toBeGreaterThan(8);
      for (let at = 1; at <= requests; at++) await createTwice(input, at, interruption);
    },
  );
});

test('a connection whose creation nobody answered is found by its name', async () => {
  devops.tools.sandbox.fault({ match: 'POST *endpoints', service: 'devops', reset: 'after' });
  const { response } = await create({ scheme: federation, client_id: reader });
  expect(response.success).toBe(true);
  expect(await listed()).toHaveLength(1);
});

test('one with a key is found as well, and not sent twice', async () => {
  devops.tools.sandbox.fault({ match: 'POST *endpoints', service: 'devops', reset: 'after' });
  const key = { scheme: 'ServicePrincipal', client_id: nobody, client_secret: 'not-the-key-of-anybody', verify: false };
  const { response } = await create(key);
  expect(response.success).toBe(true);
  expect(await listed()).toHaveLength(1);
});

test('a failure after the draft says what exists, and the next call goes on from it', async () => {
  devops.tools.sandbox.fault({ match: 'PATCH *federatedIdentityCredentials*', service: 'graph', status: 403 });
  const first = await create({ scheme: federation, client_id: reader });
  expect(first.isError).toBe(true);
  const { message, hint } = first.response.error;
  expect(message).toMatch(
    /There is now the service connection azure-new \(id `[0-9a-f-]{36}`, an unfinished draft\)\.$/,
  );
  expect(hint).toContain('call again with the same arguments');
  const { response, meta } = await create({ scheme: federation, client_id: reader });
  expect(message).toContain(response.data.id);
  expect(meta.notes).toEqual([expect.stringContaining('as a draft, which this call finished')]);
});

test('a draft of something else is left alone', async () => {
  devops.tools.sandbox.fault({ match: 'PATCH *federatedIdentityCredentials*', service: 'graph', status: 403 });
  await create({ scheme: federation, client_id: reader });
  const { response } = await create({ scheme: federation, client_id: nobody });
  expect(response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('an unfinished draft') });
  const other = await create({ scheme: federation, automatic: true });
  expect(other.response.error.code).toBe('conflict');
  expect(devops.tools.seen().filter(({ url, method }) => method !== 'GET' && url.includes('uniqueName'))).toEqual([]);
});

test('a finish that is never answered is looked at: the connection is no draft any more', async () => {
  devops.tools.sandbox.fault({ match: 'PUT *endpoints*', service: 'devops', reset: 'after', times: 10 });
  const { response } = await create({ scheme: federation, client_id: reader });
  expect(response).toMatchObject({ success: true, data: { verification: { ok: true } } });
});

test('a finish that never arrives leaves a draft, and says so', async () => {
  devops.tools.sandbox.fault({ match: 'PUT *endpoints*', service: 'devops', reset: 'before', times: 10 });
  const { response } = await create({ scheme: federation, client_id: reader });
  expect(response.error.message).toContain('an unfinished draft');
  expect(response.error.message).toContain('the federated credential `azure-devops-');
});

test('one that is not listed at once is looked for again', async () => {
  const { sandbox } = devops.tools;
  // Before the creation, and right after it.
  sandbox.fault({ match: 'GET *endpoints?endpointNames*', status: 200, body: { count: 0, value: [] }, times: 2 });
  sandbox.fault({ match: 'POST *endpoints', service: 'devops', reset: 'after' });
  const { response } = await create({ scheme: federation, client_id: reader });
  expect(response.success).toBe(true);
  expect(await listed()).toHaveLength(1);
});
