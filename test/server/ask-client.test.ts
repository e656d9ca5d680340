import type { ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { type PersonQuestion, questionLifeMs, type SealedQuestion } from '../../src/core/policy/asking/question.ts';
import { createSealer } from '../../src/core/secrets/sealed-text.ts';
import { createMemoryStorage } from '../../src/core/storage/memory-storage.ts';
import { openConversation } from '../../src/server/ask-client.ts';
import { handClock } from '../core/connections/support.ts';

const question: PersonQuestion = { kind: 'yes', digest: 'd1', message: 'Do it?' };
const accept = { action: 'accept', content: { yes: true } };

function setUp() {
  const clock = handClock();
  const { approvals } = createMemoryStorage(clock);
  const key = async () => Buffer.alloc(32);
  const runtime = { clock, approvals, questions: createSealer<SealedQuestion>({ key, clock, ttlMs: questionLifeMs }) };
  return { clock, runtime };
}

/** The parts of a context that a conversation reads. */
function contextWith(mcpReq: Record<string, unknown>): ServerContext {
  return { mcpReq: { signal: new AbortController().signal, requestState: () => undefined, ...mcpReq } } as never;
}

const modern = (elicitation: unknown) => ({
  envelope: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': elicitation === undefined ? {} : { elicitation },
  },
});

describe('what a client can ask', () => {
  const declarations: readonly [unknown, boolean, boolean][] = [
    [undefined, false, false],
    [{}, true, false],
    [{ form: {} }, true, false],
    [{ url: {} }, false, true],
    [{ form: {}, url: {} }, true, true],
  ];
  test.each(declarations)('%j: forms %s, pages %s', async (elicitation, form, url) => {
    const { runtime } = setUp();
    const newer = await openConversation({
      context: contextWith(modern(elicitation)),
      declared: undefined,
      binding: () => 1,
      runtime,
    });
    expect(newer.answers).toMatchObject({ form, url });
    const declared = (elicitation === undefined ? {} : { elicitation }) as never;
    const older = await openConversation({ context: contextWith({}), declared, binding: () => 1, runtime });
    expect(older.answers).toMatchObject({ form, url });
  });

  test('nothing without a session', async () => {
    const { runtime } = setUp();
    const { answers } = await openConversation({
      context: contextWith({}),
      declared: undefined,
      binding: () => 1,
      runtime,
    });
    expect(answers).toMatchObject({ form: false, url: false });
  });
});

describe('a question of the newer family', () => {
  async function asked() {
    const { clock, runtime } = setUp();
    const open = (mcpReq: Record<string, unknown>, binding: unknown = 1) =>
      openConversation({
        context: contextWith({ ...modern({}), ...mcpReq }),
        declared: undefined,
        binding: () => binding,
        runtime,
      });
    const result = await (await open({})).ask(question);
    const [id = ''] = Object.keys(result?.inputRequests ?? {});
    const requestState = () => result?.requestState;
    return { clock, open, id, requestState };
  }

  test('its answer counts for ten minutes', async () => {
    const { clock, open, id, requestState } = await asked();
    const answered = { requestState, inputResponses: { [id]: accept } };
    clock.advance(questionLifeMs - 1);
    expect((await open(answered)).answers.answerTo('d1')).toBe('yes');
    clock.advance(1);
    const late = await open(answered);
    expect(late.answers.answerTo('d1')).toBeUndefined();
    expect(await late.answers.use()).toBe(false);
  });

  test('and is used once', async () => {
    const { open, id, requestState } = await asked();
    const answered = { requestState, inputResponses: { [id]: accept } };
    expect(await (await open(answered)).answers.use()).toBe(true);
    expect(await (await open(answered)).answers.use()).toBe(false);
  });

  test('is for one call', async () => {
    const { open, id, requestState } = await asked();
    await expect(open({ requestState, inputResponses: { [id]: accept } }, 2)).rejects.toMatchObject({ code: -32602 });
  });
});

test('an older client that nobody answers at has said no', async () => {
  const { runtime } = setUp();
  const sent: unknown[] = [];
  const send = (request: unknown, options: unknown) => {
    sent.push(request, options);
    return Promise.reject(new Error('Request timed out'));
  };
  const context = contextWith({ send });
  const talk = await openConversation({ context, declared: { elicitation: {} }, binding: () => 1, runtime });
  expect(await talk.ask(question)).toBeUndefined();
  expect(talk.answers.answerTo('d1')).toBe('no');
  expect(sent[1]).toMatchObject({ timeout: questionLifeMs, signal: context.mcpReq.signal });
});
