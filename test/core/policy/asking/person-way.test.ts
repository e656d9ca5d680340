import { describe, expect, test } from 'vitest';
import type { YesRequest } from '../../../../src/core/base/authority.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { createAsking } from '../../../../src/core/policy/asking/agent-authority.ts';
import { nowhere, onPages, type PersonWay } from '../../../../src/core/policy/asking/person-way.ts';
import { AskPerson, type ClientAnswers } from '../../../../src/core/policy/asking/question.ts';
import { createMemoryStorage } from '../../../../src/core/storage/memory-storage.ts';
import { handClock, testRecord } from '../../connections/support.ts';

const caller = 'tenant/ada';
const careful: YesRequest = { grade: 'careful', summary: 'Delete 12 users', details: [], connection: 'prod' };
const authority: YesRequest = { ...careful, grade: 'authority', summary: 'Grant a role' };

/** An agent of somebody who has signed in asks; the client answers yes to whatever it is asked. */
function setUp(way: PersonWay, modes: Partial<ClientAnswers> = {}) {
  const clock = handClock();
  const { approvals } = createMemoryStorage(clock);
  const asking = createAsking({ key: async () => Buffer.alloc(32, 7), approvals, clock, mask: (text) => text, way });
  const asked: string[] = [];
  const given = new Set<string>();
  const client: ClientAnswers = {
    form: false,
    url: false,
    answerTo: (digest) => (given.has(digest) ? 'yes' : undefined),
    use: async () => true,
    ...modes,
  };
  const call = {
    tool: 'graph_write',
    args: {},
    caller,
    channel: 'http' as const,
    confirm: undefined,
    takesConfirm: true,
  };
  return {
    approvals,
    asked,
    async ask(request: YesRequest): Promise<unknown> {
      for (;;) {
        try {
          await asking.authorityOf({ ...call, connection: () => testRecord() }, client).requireYes(request);
          return 'done';
        } catch (error) {
          if (!(error instanceof AskPerson)) return error;
          asked.push(error.question.kind === 'page' ? error.question.page.url : error.question.message);
          given.add(error.question.digest);
        }
      }
    },
  };
}

function refusalOf(outcome: unknown): AppError {
  if (!(outcome instanceof AppError)) throw new Error(`It was not refused: ${outcome}`);
  return outcome;
}

const pages = onPages((path, of) => `https://tenantry.example${path}?of=${of}`);

describe('where people sign in', () => {
  test('authority is not given by a form of the client: the hint names the page', async () => {
    const { ask, asked, approvals } = setUp(pages, { form: true });
    const { hint, wayToYes } = refusalOf(await ask(authority));
    expect(asked).toEqual([]);
    expect(hint).toBe(
      `Ask the person to open https://tenantry.example/approve/${wayToYes?.pending}?of=${caller} in a browser and to say yes there, then send the same call again.`,
    );
    await approvals.answer(wayToYes?.pending ?? '', caller, 'approved');
    expect(await ask(authority)).toBe('done');
    expect(refusalOf(await ask(authority)).code).toBe('refused');
  });

  test('a form still confirms what is careful', async () => {
    const { ask, asked } = setUp(pages, { form: true });
    expect(await ask(careful)).toBe('done');
    expect(asked).toEqual(['Delete 12 users?\nConnection: prod']);
  });

  test('an answer to a form that was never shown counts for nothing', async () => {
    const { ask } = setUp(pages, { form: true, answerTo: () => 'yes' });
    expect(refusalOf(await ask(authority)).code).toBe('refused');
  });

  test('a client that opens pages is sent to it, and opening it is no yes', async () => {
    const { ask, asked } = setUp(pages, { url: true });
    const { code, wayToYes } = refusalOf(await ask(authority));
    expect(code).toBe('refused');
    expect(asked).toEqual([`https://tenantry.example/approve/${wayToYes?.pending}?of=${caller}`]);
  });

  test('without pages, the hint says whom to ask, and no form helps', async () => {
    const { ask, asked } = setUp(nowhere, { form: true, url: true });
    expect(refusalOf(await ask(authority)).hint).toMatch(/no pages .* Ask the person who runs Tenantry/);
    expect(asked).toEqual([]);
  });
});
