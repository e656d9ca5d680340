import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type UndoOptions, undoReceipt } from '../../../src/cli/undo/undo-receipt.ts';
import type { Receipt } from '../../../src/core/receipts/receipt.ts';
import type { AuditEntry } from '../../../src/core/storage/storage.ts';
import { failureOf } from '../../core/connections/support.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let users: readonly { readonly id: string; readonly jobTitle: string | null }[];
/** Called with every write to Graph before it is sent. */
let beforeWrite: () => void;

beforeEach(async () => {
  beforeWrite = () => undefined;
  tools = await openSandboxTools({
    policy: { receipts: true },
    settings: { retry: { max_attempts: 1 } },
    watch: (client) => ({
      sendRequest: (request) => {
        if (request.method === 'PATCH') beforeWrite();
        return client.sendRequest(request);
      },
    }),
  });
  const { response } = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $filter: 'onPremisesSyncEnabled ne true', $select: 'id,jobTitle', $top: 2 },
    auto_paginate: false,
  });
  users = response.data.value;
});
afterEach(() => tools.close());

const { signal } = new AbortController();
const patch = (user: number, body: object) => ({ method: 'PATCH', endpoint: `/users/${users[user]?.id}`, body });
const write = async (...requests: readonly object[]) =>
  (await tools.call('graph_write', { requests, continue_on_error: true })).meta.undo.receipt as string;
const titleOf = async (user: number) => {
  const { response } = await tools.call('graph_query', { endpoint: `/users/${users[user]?.id}?$select=jobTitle` });
  return response.data.jobTitle as string | null;
};
const undo = (id: string, options: Partial<UndoOptions> = { yes: true }) =>
  undoReceipt(id, { signal, ask: async () => undefined, ...options }, tools.runtime);
const refusal = (id: string, options?: Partial<UndoOptions>) => failureOf(undo(id, options));

/** A receipt as the store has it. */
async function find(id: string): Promise<Receipt> {
  const receipt = await tools.runtime.receipts.find(id, 'local');
  if (receipt === undefined) throw new Error('There is no such receipt.');
  return receipt;
}

const begunBy = (pid: number, host = hostname()) => ({
  process: { pid, host, since: 1 },
  at: tools.sandbox.clock.now(),
});

/** Closing writes what still waits. */
async function auditLines(): Promise<readonly AuditEntry[]> {
  await tools.restart();
  return (await (await tools.runtime.audit.log())?.read())?.entries ?? [];
}

describe('an undo', () => {
  test('shows the exact requests from -> to, asks, and takes the write back', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    let shown: readonly string[] = [];
    const ask = async (lines: readonly string[]) => {
      shown = lines;
      expect(await titleOf(0)).toBe('Pilot');
      return true;
    };
    const outcome = await undo(id.toLowerCase(), { ask });
    expect(shown).toEqual([
      expect.stringMatching(new RegExp(`^Undo ${id}, graph_write of .*, with 1 request\\?$`)),
      expect.stringContaining('connection: sandbox, tenant '),
      `  PATCH /users/${users[0]?.id}`,
      `    body ${JSON.stringify({ jobTitle: users[0]?.jobTitle })}`,
      `    jobTitle: "Pilot" -> ${JSON.stringify(users[0]?.jobTitle)}`,
    ]);
    expect(outcome).toEqual({
      receipt: id,
      outcome: 'undone',
      undone: [`PATCH /users/${users[0]?.id}`],
      already: [],
      failed: [],
      not_undone: [],
    });
    expect(await titleOf(0)).toBe(users[0]?.jobTitle);
  });

  test('leaves a line that names the receipt, as the write does', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await undo(id);
    const lines = (await auditLines()).filter(({ tool }) => tool === 'graph_write');
    expect(lines).toMatchObject([
      { receipt: id, actor: 'agent', outcome: 'success' },
      { undoes: id, actor: 'operator', channel: 'terminal', outcome: 'success', receipt: expect.any(String) },
    ]);
  });

  test('is a write with a receipt of its own, which takes it back in turn', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await undo(id);
    const own = (await auditLines()).find(({ undoes }) => undoes === id)?.receipt ?? '';
    await undo(own);
    expect(await titleOf(0)).toBe('Pilot');
  });

  test('runs once: the second says when it was', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await undo(id);
    expect(await refusal(id)).toMatchObject({ code: 'conflict', message: expect.stringContaining('was undone at') });
  });

  test('of two at once one runs', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    let writes = 0;
    beforeWrite = () => {
      writes += 1;
    };
    const ends = await Promise.allSettled([undo(id), undo(id), undo(id)]);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.code] : []))).toEqual([
      'conflict',
      'conflict',
    ]);
    expect(writes).toBe(1);
  });

  test('finds nothing to do where everything is as before', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await tools.call('graph_write', { requests: [patch(0, { jobTitle: users[0]?.jobTitle })] });
    expect(await undo(id)).toMatchObject({ outcome: 'nothing_to_do', already: [expect.any(String)] });
    // The write may have been on its way still: its receipt serves on.
    await tools.call('graph_write', { requests: [patch(0, { jobTitle: 'Pilot' })] });
    expect(await undo(id)).toMatchObject({ outcome: 'undone' });
  });
});

describe('without a yes', () => {
  test.each([
    ['there is no terminal', undefined, '--yes'],
    ['the person says no', false, 'otherwise'],
  ])('nothing is sent: %s', async (_, answer, hint) => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    const refused = await refusal(id, { ask: async () => answer });
    expect(refused).toMatchObject({ code: 'refused', hint: expect.stringContaining(hint) });
    expect(await titleOf(0)).toBe('Pilot');
    expect(await undo(id)).toMatchObject({ outcome: 'undone' });
  });
});

describe('what was changed since', () => {
  test('is named, and a yes in advance does not cover it', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await write(patch(0, { jobTitle: 'Captain' }));
    expect(await refusal(id)).toMatchObject({ code: 'refused', hint: expect.stringContaining('--force') });
    expect(await titleOf(0)).toBe('Captain');
    let shown: readonly string[] = [];
    await refusal(id, {
      ask: async (lines) => {
        shown = lines;
        return false;
      },
    });
    expect(shown).toContain('    CHANGED SINCE: jobTitle was set to "Pilot" and is "Captain" now');
    expect(await undo(id, { yes: true, force: true })).toMatchObject({ outcome: 'undone' });
    expect(await titleOf(0)).toBe(users[0]?.jobTitle);
  });

  test('by a later request of the same call is part of the write', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }), {
      ...patch(0, { jobTitle: 'Captain' }),
      depends_on: ['1'],
    });
    expect(await undo(id)).toMatchObject({ outcome: 'undone' });
    expect(await titleOf(0)).toBe(users[0]?.jobTitle);
  });
});

describe('a receipt', () => {
  test.each(['ZZZZZZZZ', '', '../x', '\u001b[2J`x`'])('that is unknown is not found: %j', async (id) => {
    const { code, message } = await refusal(id);
    expect(code).toBe('not_found');
    expect(message).not.toContain('\u001b');
  });

  test('of another caller is not found', async () => {
    const {
      id: _id,
      expiresAt: _end,
      revision: _revision,
      ...content
    } = await find(await write(patch(0, { jobTitle: 'x' })));
    const other = await tools.runtime.receipts.keep({ ...content, owner: 'somebody' });
    expect(await refusal(other.id)).toMatchObject({ code: 'not_found' });
  });

  test('ends after thirty days', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    tools.sandbox.advance(30 * 86_400 - 60);
    expect(await find(id)).toBeDefined();
    tools.sandbox.advance(61);
    expect(await refusal(id)).toMatchObject({ code: 'not_found', hint: expect.stringContaining('30 days') });
  });

  test('outlives the process', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await tools.restart();
    expect(await undo(id)).toMatchObject({ outcome: 'undone' });
  });

  test('cannot be read in the database, and one that was changed there is none', async () => {
    const id = await write(patch(0, { jobTitle: 'Interplanetary Pilot' }));
    const path = join(tools.home, 'tenantry.db');
    const database = new DatabaseSync(path);
    const row = database.prepare('SELECT sealed FROM receipts WHERE id = ?').get(id);
    expect(Buffer.from(String(row?.['sealed']), 'base64url').toString('latin1')).not.toContain('Interplanetary');
    database.prepare("UPDATE receipts SET owner = 'local', expires_at = expires_at + 1 WHERE id = ?").run(id);
    database.close();
    expect(await refusal(id)).toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['is gone', { name: 'gone' }, 'not_found'],
    ['signs in as another app', { clientId: '00000000-0000-0000-0000-000000000009' }, 'conflict'],
    ['is in another tenant', { tenantId: '00000000-0000-0000-0000-000000000009' }, 'conflict'],
    ['was made anew', { id: 'another' }, 'conflict'],
  ])('whose connection %s sends nothing', async (_, changes, code) => {
    const receipt = await find(await write(patch(0, { jobTitle: 'Pilot' })));
    await tools.runtime.receipts.replace({ ...receipt, connection: { ...receipt.connection, ...changes } });
    tools.forget();
    expect(await refusal(receipt.id)).toMatchObject({ code });
    expect(tools.graphRequests()).toEqual([]);
  });

  test('of what cannot be undone says why', async () => {
    const id = await write({ method: 'POST', endpoint: `/users/${users[0]?.id}/revokeSignInSessions` });
    expect(await refusal(id)).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('sessions that were ended stay ended'),
    });
  });
});

describe('an interruption', () => {
  test('of the write leaves a receipt, which was kept before anything was sent', async () => {
    let kept = 0;
    beforeWrite = () => {
      const database = new DatabaseSync(join(tools.home, 'tenantry.db'), { readOnly: true });
      kept = Number(database.prepare('SELECT count(*) AS n FROM receipts').get()?.['n']);
      database.close();
    };
    await write(patch(0, { jobTitle: 'Pilot' }));
    expect(kept).toBe(1);
  });

  test.each([
    ['after the write was done', 'after', 'undone'],
    ['before it arrived', 'before', 'nothing_to_do'],
  ] as const)('%s: a look tells', async (_, reset, outcome) => {
    tools.sandbox.fault({ match: `PATCH /v1.0/users/${users[0]?.id}`, reset });
    const lost = await tools.call('graph_write', { requests: [patch(0, { jobTitle: 'Pilot' })] });
    expect(lost.response.success).toBe(false);
    const id = (await auditLines()).at(-1)?.receipt ?? '';
    expect(await undo(id)).toMatchObject({ outcome });
    expect(await titleOf(0)).toBe(users[0]?.jobTitle);
  });

  test('of an undo is gone on with: what is done is left out', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }), patch(1, { jobTitle: 'Navigator' }));
    await tools.runtime.receipts.replace({ ...(await find(id)), undoing: begunBy(0) });
    await tools.call('graph_write', { requests: [patch(1, { jobTitle: users[1]?.jobTitle })] });
    let shown = '';
    const ask = async (lines: readonly string[]) => {
      shown = lines.join('\n');
      return true;
    };
    expect(await undo(id, { ask })).toMatchObject({
      outcome: 'undone',
      undone: [`PATCH /users/${users[0]?.id}`],
      already: [`PATCH /users/${users[1]?.id}`],
    });
    expect(shown).toContain('begun before and interrupted');
  });

  test('by a machine that does not tell is over after an hour', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }));
    await tools.runtime.receipts.replace({ ...(await find(id)), undoing: begunBy(7, 'elsewhere') });
    expect(await refusal(id)).toMatchObject({ code: 'conflict', message: expect.stringContaining('is being undone') });
    tools.sandbox.advance(3_601);
    expect(await undo(id)).toMatchObject({ outcome: 'undone' });
  });

  test('by a failure of a part: the same command does the rest', async () => {
    const id = await write(patch(0, { jobTitle: 'Pilot' }), patch(1, { jobTitle: 'Navigator' }));
    tools.sandbox.fault({ match: `PATCH /v1.0/users/${users[1]?.id}`, status: 403, times: 1 });
    expect(await undo(id)).toMatchObject({
      outcome: 'partly',
      undone: [`PATCH /users/${users[0]?.id}`],
      failed: [{ request: `PATCH /users/${users[1]?.id}`, error: { code: 'permission_denied' } }],
    });
    expect(await undo(id)).toMatchObject({ outcome: 'undone', undone: [`PATCH /users/${users[1]?.id}`] });
    expect([await titleOf(0), await titleOf(1)]).toEqual([users[0]?.jobTitle, users[1]?.jobTitle]);
  });
});

describe('a rule of the operator', () => {
  test('holds for an undo as for any write', async () => {
    const deny = [{ service: 'graph' as const, methods: ['DELETE' as const], path: '/groups/*' }];
    const strict = await openSandboxTools({ policy: { receipts: true, deny } });
    const body = { displayName: 'new', mailEnabled: false, mailNickname: 'new', securityEnabled: true };
    const made = await strict.call('graph_write', { requests: [{ method: 'POST', endpoint: '/groups', body }] });
    const yes = { yes: true, force: true, signal, ask: async () => true };
    expect(await undoReceipt(made.meta.undo.receipt, yes, strict.runtime)).toMatchObject({
      outcome: 'failed',
      failed: [{ error: { code: 'refused' } }],
    });
    await strict.close();
  });
});
