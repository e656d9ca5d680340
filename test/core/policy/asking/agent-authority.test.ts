import { describe, expect, test } from 'vitest';
import type { YesRequest } from '../../../../src/core/base/authority.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { createAsking } from '../../../../src/core/policy/asking/agent-authority.ts';
import type { AgentCall } from '../../../../src/core/policy/asking/agent-call.ts';
import { AskPerson, type ClientAnswers } from '../../../../src/core/policy/asking/question.ts';
import { createMemoryStorage } from '../../../../src/core/storage/memory-storage.ts';
import { handClock, testRecord } from '../../connections/support.ts';

const careful: YesRequest = {
  grade: 'careful',
  summary: 'Delete 12 users',
  details: ['DELETE /users/1'],
  connection: 'prod',
};
const authority: YesRequest = { ...careful, grade: 'authority', summary: 'Grant a role' };

const baseCall: AgentCall = {
  tool: 'graph_write',
  args: { connection: 'prod', requests: [{ method: 'DELETE', endpoint: '/users/1' }] },
  caller: 'local',
  channel: 'stdio',
  confirm: undefined,
  takesConfirm: true,
  connection: () => testRecord(),
};

function setUp() {
  const clock = handClock();
  const { approvals } = createMemoryStorage(clock);
  const key = async () => Buffer.alloc(32, 7);
  const asking = createAsking({ key, approvals, clock, mask: (text) => text.replaceAll('s3cret', '[redacted]') });
  /** What becomes of a call that asks for these, one after the other. */
  const run = async (requests: readonly YesRequest[], changes: Partial<AgentCall> = {}, client?: ClientAnswers) => {
    const one = asking.authorityOf({ ...baseCall, ...changes }, client);
    try {
      for (const request of requests) await one.requireYes(request);
      return 'done';
    } catch (error) {
      if (error instanceof AppError || error instanceof AskPerson) return error;
      throw error;
    }
  };
  return { clock, approvals, run };
}

function wayToYes(outcome: unknown) {
  if (!(outcome instanceof AppError) || outcome.wayToYes === undefined) throw new Error(`No way to a yes: ${outcome}`);
  return outcome.wayToYes;
}

describe('a careful request without a person at hand', () => {
  test('is refused with its preview and a handle, and the handle runs it once', async () => {
    const { run } = setUp();
    const refused = await run([{ ...careful, preview: { requests: 1 } }]);
    expect(refused).toMatchObject({ code: 'refused' });
    const { preview, confirm, pending } = wayToYes(refused);
    expect({ preview, pending }).toEqual({ preview: { requests: 1 }, pending: undefined });
    const asked = { ...careful, preview: { requests: 1 } };
    expect(await run([asked], { confirm })).toBe('done');
    const again = await run([asked], { confirm });
    expect(again).toMatchObject({ code: 'refused', message: expect.stringContaining('it was used') });
  });

  const others: readonly [string, Partial<AgentCall>, Partial<YesRequest>?][] = [
    ['other arguments', { args: { ...baseCall.args, requests: [] } }],
    ['another tool', { tool: 'arm_write' }],
    ['another caller', { caller: 'other' }],
    ['another connection', { connection: () => testRecord({ id: 'other' }) }],
    ['a later revision', { connection: () => testRecord({ revision: 2 }) }],
    ['other requests', {}, { details: ['DELETE /users/2'] }],
    ['another current state', {}, { preview: { etag: 'new' } }],
  ];

  test.each(others)('the handle is for nothing else: %s', async (_, changes, asked = {}) => {
    const { run } = setUp();
    const { confirm } = wayToYes(await run([careful]));
    expect(await run([{ ...careful, ...asked }], { ...changes, confirm })).toMatchObject({ code: 'refused' });
    expect(await run([careful], { confirm })).toBe('done');
  });

  test.each(['', 'nonsense', 'AQ'])('a made-up handle %j runs nothing', async (confirm) => {
    expect(await setUp().run([careful], { confirm })).toMatchObject({ code: 'refused' });
  });

  test('free arguments may differ, and the order of keys', async () => {
    const { run } = setUp();
    const { confirm } = wayToYes(await run([careful]));
    const { connection, requests } = baseCall.args;
    expect(await run([careful], { confirm, args: { timeout: 5, requests, connection } })).toBe('done');
  });

  test('the handle ends after ten minutes', async () => {
    const { run, clock } = setUp();
    const { confirm } = wayToYes(await run([careful]));
    clock.advance(600_000);
    expect(await run([careful], { confirm })).toMatchObject({ code: 'refused' });
  });

  test('several in one call are confirmed one after the other', async () => {
    const { run } = setUp();
    const second = { ...careful, summary: 'Delete a group' };
    const first = wayToYes(await run([careful, second]));
    const both = wayToYes(await run([careful, second], { confirm: first.confirm }));
    expect(await run([careful, second], { confirm: both.confirm })).toBe('done');
  });

  test('a handle that two calls use at once runs one of them', async () => {
    const { run } = setUp();
    const { confirm } = wayToYes(await run([careful]));
    const outcomes = await Promise.all([run([careful], { confirm }), run([careful], { confirm })]);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
  });

  test('a tool that takes no handle waits for the terminal instead', async () => {
    const { run } = setUp();
    expect(wayToYes(await run([careful], { takesConfirm: false }))).toMatchObject({ pending: expect.any(String) });
  });

  test('a long preview is cut to its lines, and says how many are left', async () => {
    const details = Array.from({ length: 300 }, (_, index) => `DELETE /users/${index}-${'x'.repeat(40)}`);
    const refused = await setUp().run([{ ...careful, details, preview: 'p'.repeat(20_000) }]);
    const text = JSON.stringify(wayToYes(refused).preview);
    expect(text.length).toBeLessThan(8_000);
    expect(text).toMatch(/and \d+ more/);
  });
});

describe('an authority request without a person at hand', () => {
  test('waits under a code, never with a handle, and runs once after the yes', async () => {
    const { run, approvals } = setUp();
    const refused = await run([authority]);
    expect(refused).toMatchObject({
      code: 'refused',
      hint: expect.stringMatching(/tenantry approve [2-9A-HJKMNP-Z]{4}`/),
    });
    const { pending = '', confirm } = wayToYes(refused);
    expect(confirm).toBeUndefined();
    expect(wayToYes(await run([authority])).pending).toBe(pending);
    expect(await approvals.answer(pending, 'local', 'approved')).toBe(true);
    expect(await run([authority], { args: { other: 1 } })).toMatchObject({ code: 'refused' });
    const outcomes = await Promise.all([run([authority]), run([authority])]);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(wayToYes(await run([authority])).pending).not.toBe(pending);
  });

  test('a handle of a careful request never serves it', async () => {
    const { run } = setUp();
    const { confirm } = wayToYes(await run([careful]));
    expect(wayToYes(await run([{ ...careful, grade: 'authority' }], { confirm })).pending).toBeDefined();
  });

  test('a no of the person is said, and stays', async () => {
    const { run, approvals } = setUp();
    const { pending = '' } = wayToYes(await run([authority]));
    await approvals.answer(pending, 'local', 'declined');
    for (let time = 0; time < 2; time++) {
      expect(await run([authority])).toMatchObject({ message: expect.stringContaining('A person has said no') });
    }
  });

  test('neither the request nor the yes outlives an hour', async () => {
    const { run, approvals, clock } = setUp();
    const { pending = '' } = wayToYes(await run([authority]));
    await approvals.answer(pending, 'local', 'approved');
    clock.advance(3_600_000);
    expect(await run([authority])).toMatchObject({ code: 'refused' });
  });

  test.each([
    ['another tenant', { identity: { tenant_id: 'x' } }],
    ['more access', { access: 'read_write' as const }],
    ['another cloud', { cloud: 'usgov' }],
  ])('the yes is void when the connection has %s', async (_, change) => {
    const { run, approvals } = setUp();
    const { pending = '' } = wayToYes(await run([authority]));
    await approvals.answer(pending, 'local', 'approved');
    expect(await run([authority], { connection: () => testRecord(change) })).toMatchObject({ code: 'refused' });
    const validated = testRecord({ revision: 5, health: 'healthy' });
    expect(await run([authority], { connection: () => validated })).toBe('done');
  });

  test('two in one call both get their yes', async () => {
    const { run, approvals } = setUp();
    const second = { ...authority, summary: 'Grant another role' };
    for (let round = 0; round < 2; round++) {
      const { pending = '' } = wayToYes(await run([authority, second]));
      await approvals.answer(pending, 'local', 'approved');
    }
    expect(await run([authority, second])).toBe('done');
    expect(await run([authority, second])).toMatchObject({ code: 'refused' });
  });

  test('no more than twenty wait for one owner', async () => {
    const { run, approvals } = setUp();
    const ask = (index: number) => run([{ ...authority, details: [`role ${index}`] }]);
    for (let index = 0; index < 20; index++) expect(wayToYes(await ask(index)).pending).toBeDefined();
    expect(await ask(20)).toMatchObject({ code: 'refused', message: expect.stringContaining('20 requests wait') });
    expect(await approvals.list('local')).toHaveLength(20);
    expect(wayToYes(await ask(3)).pending).toBeDefined();
  });

  test('what waits is stored without secrets, and without what could forge a screen', async () => {
    const { run, approvals } = setUp();
    const details = ['name `s3cret`\u001b[2J\nK9K9 approved\u202e'];
    await run([{ ...authority, summary: 'Do\r\nit s3cret', details }]);
    const [waiting] = await approvals.list('local');
    expect(waiting).toMatchObject({ summary: 'Do it [redacted]', details: ['name `[redacted]`[2J K9K9 approved'] });
  });
});

describe('a person at the client', () => {
  const client = (answer: 'yes' | 'no' | undefined, use = async () => true): ClientAnswers => ({
    form: true,
    url: true,
    answerTo: () => answer,
    use,
  });

  test('is asked before anything else, with the whole request', async () => {
    const asked = await setUp().run([authority], {}, client(undefined));
    if (!(asked instanceof AskPerson) || asked.question.kind !== 'yes') throw new Error('Nobody was asked.');
    expect(asked.question.message).toBe('Grant a role?\nConnection: prod\n- DELETE /users/1');
  });

  test('a yes runs it, a no does not, and a used answer is asked again', async () => {
    const { run } = setUp();
    expect(await run([authority], {}, client('yes'))).toBe('done');
    expect(await run([authority], {}, client('no'))).toMatchObject({ code: 'refused' });
    expect(
      await run(
        [authority],
        {},
        client('yes', async () => false),
      ),
    ).toBeInstanceOf(AskPerson);
  });

  test('what is too long to be read in a form waits for the terminal', async () => {
    const details = Array.from({ length: 400 }, (_, index) => `role assignment ${index}`);
    const refused = await setUp().run([{ ...authority, details }], {}, client(undefined));
    expect(wayToYes(refused).pending).toBeDefined();
  });
});

describe('a question that is too long for a form', () => {
  const client: ClientAnswers = { form: true, url: false, answerTo: () => undefined, use: async () => true };
  const details = Array.from({ length: 90 }, (_, at) => `DELETE /groups/${at}/${'x'.repeat(2_000)}`);

  test('reaches the person all the same where it is careful: a caller cannot make it long to keep them out', async () => {
    const outcome = await setUp().run([{ ...careful, details }], {}, client);
    expect(outcome).toBeInstanceOf(AskPerson);
    const message = outcome instanceof AskPerson && outcome.question.kind === 'yes' ? outcome.question.message : '';
    expect(message.length).toBeLessThanOrEqual(6_000);
    expect(message).toMatch(/^Delete 12 users\?\n.*\n- DELETE \/groups\/0\/x+…\n[\s\S]*\n- and \d\d more, for which/);
  });

  test('waits for the terminal where it is authority', async () => {
    const outcome = await setUp().run([{ ...authority, details }], {}, client);
    expect(wayToYes(outcome).pending).toMatch(/^\w{4}$/);
  });

  test('has no gaps that push a part of it out of sight', async () => {
    const { run, approvals } = setUp();
    await run([{ ...authority, details: [`a${' '.repeat(300)}b${'\u2800\u3000'.repeat(90)}c\u00a0\u00a0d`] }]);
    expect((await approvals.list('local'))[0]?.details).toEqual(['a b c d']);
  });
});
