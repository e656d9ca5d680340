import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processHasDied } from '../../support/dead-process.ts';
import { createReady, type FederatedTools, openFederatedTools, startProcess } from './federated-tools.ts';

let tools: FederatedTools;

beforeEach(async () => {
  tools = await openFederatedTools();
  await tools.writeToken();
});

afterEach(() => tools.close());

type Edge = 'before' | 'after';

/** The tenant as a process sees it that dies at its n-th request: it gets no answer any more, and sends nothing. */
function dyingAt(n: number, edge: Edge): { readonly httpClient: HttpClient; readonly dead: Promise<void> } {
  const death = Promise.withResolvers<void>();
  let count = 0;
  return {
    dead: death.promise,
    httpClient: {
      async sendRequest(request) {
        count += 1;
        if (count < n) return tools.sandbox.httpClient.sendRequest(request);
        if (count === n && edge === 'after') await tools.sandbox.httpClient.sendRequest(request);
        death.resolve();
        return new Promise(() => undefined);
      },
    },
  };
}

async function dieDuring(input: Readonly<Record<string, unknown>>, n: number, edge: Edge): Promise<boolean> {
  const { httpClient, dead } = dyingAt(n, edge);
  const process = await startProcess(tools, { httpClient });
  const call = process.call('convert_connection', input).then(() => false);
  const hasDied = await Promise.race([call, dead.then(() => true)]);
  if (hasDied) processHasDied(tools.home);
  return hasDied;
}

const convert = () => ({ connection: 'prod', federated_token: { file: tools.tokenFile } });

async function expectConverted(): Promise<void> {
  expect(await tools.show()).toMatchObject({ auth_type: 'workload_identity', conversion: { way_back: 'open' } });
  expect(await tools.credentials()).toHaveLength(2);
  expect(await tools.stored()).toEqual(['client_secret']);
  expect((await tools.call('validate_connection', { connection: 'prod' })).response.data.health).toBe('healthy');
}

const edges: readonly (readonly [number, Edge])[] = [1, 2, 3, 4, 5, 6, 7].flatMap((n) => [
  [n, 'before'],
  [n, 'after'],
]);

describe('a conversion whose process dies', () => {
  test.each(edges)(
    'at request %i, %s it was carried out: a repeat goes on, and nothing is made twice',
    async (n, edge) => {
      expect(await dieDuring(convert(), n, edge)).toBe(true);
      expect((await tools.show()).auth_type).toBe('azure');
      const again = await tools.call('convert_connection', convert());
      expect(again.response.success).toBe(true);
      await expectConverted();
      await tools.call('convert_connection', { connection: 'prod', revert: true });
      expect(await tools.credentials()).toHaveLength(1);
    },
  );

  test('leaves its credential to the repeat, which does not take back what it has not made', async () => {
    await dieDuring(convert(), 5, 'after');
    await tools.writeToken({}, { forged: true });
    const again = await tools.call('convert_connection', convert());
    expect(again.response.error.message).toMatch(
      /prod is not converted; the federated credential `tenantry-prod-\w+` of the app stays/,
    );
    await tools.writeToken();
    expect((await tools.convert()).response.success).toBe(true);
    await expectConverted();
  });

  test('needs no more requests than were looked at', async () => {
    expect(await dieDuring(convert(), 8, 'before')).toBe(false);
  });
});

describe('a conversion with remove_secret whose process dies', () => {
  test.each<readonly [number, Edge]>([
    [8, 'before'],
    [8, 'after'],
    [9, 'before'],
    [9, 'after'],
  ])('at request %i, %s it was carried out: asked for again, the secret is gone at both places', async (n, edge) => {
    expect(await dieDuring({ ...convert(), remove_secret: true }, n, edge)).toBe(true);
    expect((await tools.show()).auth_type).toBe('workload_identity');
    const again = await tools.call('convert_connection', { connection: 'prod', remove_secret: true });
    expect(again.response.success).toBe(true);
    expect(await tools.passwordsBy('prod')).toEqual([]);
    expect(await tools.stored()).toEqual([]);
    expect((await tools.show()).conversion.way_back).toBe('secret_removed');
  });
});

describe('a way back whose process dies', () => {
  beforeEach(async () => {
    await tools.call('convert_connection', convert());
  });

  test.each<readonly [number, Edge]>([1, 2, 3, 4].flatMap((n) => [[n, 'before'] as const, [n, 'after'] as const]))(
    'at request %i, %s it was carried out: the connection works, and a repeat ends it',
    async (n, edge) => {
      expect(await dieDuring({ connection: 'prod', revert: true }, n, edge)).toBe(true);
      expect((await tools.call('validate_connection', { connection: 'prod' })).response.data.health).toBe('healthy');
      const again = await tools.call('convert_connection', { connection: 'prod', revert: true });
      expect(again.response.success).toBe(true);
      expect(await tools.show()).not.toHaveProperty('conversion');
      expect((await tools.show()).auth_type).toBe('azure');
      expect(await tools.credentials()).toHaveLength(1);
      expect(await tools.stored()).toEqual(['client_secret']);
    },
  );
});

describe('requests that fail', () => {
  test.each([
    ['login', 'POST *', 'before'],
    ['login', 'POST *', 'after'],
    ['graph', 'GET *', 'before'],
    ['graph', 'PATCH *', 'before'],
    ['graph', 'PATCH *', 'after'],
  ] as const)('once (%s %s, %s) do not stop a conversion', async (service, match, reset) => {
    tools.sandbox.fault({ service, match, reset });
    expect((await tools.convert()).response.success).toBe(true);
    await expectConverted();
  });
});

describe('several at once', () => {
  test('two processes convert the same connection: one credential, one conversion', async () => {
    const others = await Promise.all([startProcess(tools), startProcess(tools), startProcess(tools)]);
    const answers = await Promise.all(others.map((one) => one.call('convert_connection', convert())));
    expect(answers.map(({ response }) => response.success)).toEqual([true, true, true]);
    const switches = answers
      // A process that finds the same call under way answers its handle.
      .flatMap(({ response }) => response.data.changes ?? [])
      .filter((text) => text.startsWith('switched'));
    expect(switches).toHaveLength(1);
    await expectConverted();
    await Promise.all(others.map((one) => one.close()));
  });

  test('literal tokens of those that were slower are not left in the vault', async () => {
    const others = await Promise.all([startProcess(tools), startProcess(tools)]);
    const literal = async () => ({ connection: 'prod', federated_token: await tools.issuer.sign() });
    await Promise.all(others.map(async (one) => one.call('convert_connection', await literal())));
    expect(await tools.stored()).toEqual(['client_secret', 'federated_token']);
    await Promise.all(others.map((one) => one.close()));
  });

  test.each(['prod', 'twin'])('a failure takes nothing back that %s relies on meanwhile', async (name) => {
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    await createReady(tools, 'twin', { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret });
    const httpClient: HttpClient = {
      async sendRequest(request) {
        const response = await tools.sandbox.httpClient.sendRequest(request);
        if (request.method === 'PATCH') {
          expect((await tools.convert({ connection: name, audience: 'api://AzureADTokenExchange' })).response.success).toBe(true);
          const body = { error: 'invalid_client', error_codes: [700027] };
          tools.sandbox.fault({ service: 'login', match: 'POST *', status: 401, body });
        }
        return response;
      },
    };
    const process = await startProcess(tools, { httpClient });
    const answer = await process.call('convert_connection', convert());
    expect(answer.response.error.message).toContain('stays, since a connection now relies on it');
    expect(await tools.credentials()).toHaveLength(2);
    const { data } = (await tools.call('validate_connection', { connection: name })).response;
    expect(data.health).toBe('healthy');
    await process.close();
  });

  test('a rotation meanwhile wins: the conversion is refused and may be repeated', async () => {
    const { clientSecret } = tools.sandbox.credentials;
    const rotate = { connection: 'prod', client_secret: `${clientSecret} ` };
    const httpClient: HttpClient = {
      async sendRequest(request) {
        const response = await tools.sandbox.httpClient.sendRequest(request);
        if (request.method === 'PATCH') await tools.call('complete_connection', rotate);
        return response;
      },
    };
    const process = await startProcess(tools, { httpClient });
    const answer = await process.call('convert_connection', convert());
    expect(answer.response.error).toMatchObject({ code: 'conflict', retryable: true });
    expect((await tools.show()).auth_type).toBe('azure');
    expect(await tools.credentials()).toHaveLength(1);
    expect((await tools.convert()).response.success).toBe(true);
    await process.close();
  });

  test('a deletion meanwhile wins, and leaves nothing in the vault', async () => {
    const httpClient: HttpClient = {
      async sendRequest(request) {
        const response = await tools.sandbox.httpClient.sendRequest(request);
        if (request.method === 'PATCH') await tools.call('delete_connection', { connection: 'prod' });
        return response;
      },
    };
    const process = await startProcess(tools, { httpClient });
    const literal = { connection: 'prod', federated_token: await tools.issuer.sign() };
    expect((await process.call('convert_connection', literal)).response.success).toBe(false);
    expect(await tools.stored()).toEqual([]);
    expect(await tools.credentials()).toHaveLength(1);
    await process.close();
  });
});

describe('a cancellation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7])('during request %i sends nothing afterwards; a repeat goes on', async (n) => {
    const controller = new AbortController();
    let count = 0;
    const httpClient: HttpClient = {
      async sendRequest(request) {
        count += 1;
        const response = await tools.sandbox.httpClient.sendRequest(request);
        if (count === n) controller.abort();
        return response;
      },
    };
    const process = await startProcess(tools, { httpClient });
    const answer = await process.call('convert_connection', convert(), controller.signal);
    expect(answer.response.error.code).toBe('cancelled');
    expect(count).toBe(n);
    expect((await tools.show()).auth_type).toBe('azure');
    expect((await tools.convert()).response.success).toBe(true);
    await expectConverted();
    await process.close();
  });
});

test('a cancellation right before the switch switches nothing', async () => {
  const controller = new AbortController();
  const progress = (update: { readonly progress: number }) => {
    if (update.progress === 3) controller.abort();
  };
  const answer = await tools.call('convert_connection', convert(), { signal: controller.signal, progress });
  expect(answer.response.error.code).toBe('cancelled');
  expect((await tools.show()).auth_type).toBe('azure');
});

test('neither secrets nor tokens appear in answers, records and files', async () => {
  const { clientSecret } = tools.sandbox.credentials;
  const tokens = [await tools.writeToken(), await tools.issuer.sign(), await tools.issuer.sign({}, { forged: true })];
  const texts: string[] = [];
  const call = async (input: Readonly<Record<string, unknown>>) => {
    texts.push((await tools.call('convert_connection', { connection: 'prod', ...input })).text);
  };
  await call({ federated_token: tokens[2] });
  await call({ federated_token: { file: tools.tokenFile }, subject: 'somebody' });
  tools.sandbox.fault({
    service: 'login',
    match: 'POST *',
    status: 401,
    body: { error: 'invalid_client', error_codes: [700027], error_description: `echo ${tokens[1]} ${clientSecret}` },
  });
  await call({ federated_token: tokens[1] });
  await call({ federated_token: tokens[1] });
  await call({ revert: true });
  await call({ federated_token: { file: tools.tokenFile } });
  await call({ remove_secret: true });
  const entries = await readdir(tools.home, { recursive: true, withFileTypes: true });
  // The token file is the test's own.
  for (const entry of entries.filter((one) => one.isFile() && !one.parentPath.endsWith('secrets'))) {
    texts.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  for (const secret of [clientSecret, ...tokens, ...tokens.map((token) => token.split('.')[2] ?? '')]) {
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  }
});
