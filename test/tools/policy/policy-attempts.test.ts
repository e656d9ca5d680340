import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authority, operatorAt, type YesRequest } from '../../../src/core/base/authority.ts';
import { type CallOptions, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { type Attempt, addressesAmong, changesAmong } from './attempt.ts';
import { authorityAttempts } from './authority-attempts.ts';
import { azureAttempts } from './azure-attempts.ts';
import { graphAttempts } from './graph-attempts.ts';
import { attackedPolicy, readFacts, type TenantFacts } from './tenant-facts.ts';

let tools: SandboxTools;
let facts: TenantFacts;

beforeAll(async () => {
  const looking = await openSandboxTools();
  facts = await readFacts(looking);
  await looking.close();
  tools = await openSandboxTools({ policy: attackedPolicy(facts) });
}, 60_000);

afterAll(async () => {
  await tools.close();
});

/** Rows are known before the tenant is: only their number and kind is needed to name the tests. */
const shape: TenantFacts = {
  named: { id: 'n', upn: 'n@x' },
  user: { id: 'u', upn: 'u@x' },
  breakGlass: { id: 'b', upn: 'b@x' },
  synced: 's',
  group: 'g',
  roleGroup: 'r',
  administrators: ['a'],
  administratorRole: 'ar',
  own: { id: 'o', appId: 'oa', principal: 'op' },
  app: { id: 'p', appId: 'pa', principal: 'pp' },
  subscription: 'x',
  otherSubscription: 'y',
  organization: 'z',
};

const groups = [graphAttempts, azureAttempts, authorityAttempts];
const kinds = groups.flatMap((rowsOf) =>
  Object.entries(rowsOf(shape)).map(([kind, rows]) => ({ kind, count: rows.length, rowsOf })),
);
const total = kinds.reduce((sum, { count }) => sum + count, 0);

test('there are attempts of every kind, and enough of them', () => {
  console.log(kinds.map(({ kind, count }) => `${String(count).padStart(3)} ${kind}`).join('\n'), `\n${total} attempts`);
  expect(kinds.filter(({ count }) => count === 0)).toEqual([]);
  expect(total).toBeGreaterThanOrEqual(80);
});

/** Also answered for addresses that no server would read as meant: they are never sent. */
const refusals = ['refused', 'invalid_argument'];

/** A person who says yes to everything: what a rule forbids stays forbidden. */
const agreeable: Authority = {
  actor: 'agent',
  channel: 'stdio',
  requireYes: async () => undefined,
  showPage: async () => false,
};

async function expectRefusal({ tool, args }: Attempt, options: CallOptions = {}): Promise<void> {
  tools.forget();
  const { isError, response, text } = await tools.call(tool, args, options);
  const shown = `${tool} ${JSON.stringify(args).slice(0, 300)} -> ${text.slice(0, 600)}`;
  expect(isError, shown).toBe(true);
  expect(refusals, shown).toContain(response.error?.code);
  expect(changesAmong(tools.seen()), shown).toEqual([]);
  expect(
    addressesAmong(tools.seen()).filter((line) => /\/messages|\/stcontosodata/i.test(line)),
    shown,
  ).toEqual([]);
  expect(response.error.hint, shown).not.toMatch(
    /another connection|access read_write|create_connection|confirm: never/i,
  );
}

function attemptOf(rowsOf: typeof graphAttempts, kind: string, at: number): Attempt {
  const attempt = rowsOf(facts)[kind]?.[at];
  if (attempt === undefined) throw new Error(`There is no attempt ${at} of the kind ${kind}.`);
  return attempt;
}

describe.each(kinds)('$kind', ({ kind, count, rowsOf }) => {
  test.each(Array.from({ length: count }, (_, at) => at))('attempt %i does not go through', async (at) => {
    await expectRefusal(attemptOf(rowsOf, kind, at));
  });
});

describe.each(kinds.filter(({ rowsOf }) => rowsOf !== authorityAttempts))(
  '$kind, whatever a person says',
  ({ kind, count, rowsOf }) => {
    test.each(Array.from({ length: count }, (_, at) => at))('attempt %i does not go through', async (at) => {
      const attempt = attemptOf(rowsOf, kind, at);
      await expectRefusal(attempt, { authority: agreeable });
      await expectRefusal(attempt, { authority: operatorAt('terminal') });
    });
  },
);

describe('with a yes', () => {
  const rows = Object.entries(authorityAttempts(shape)).flatMap(([kind, attempts]) =>
    attempts.map((_, at) => ({ kind, at })),
  );

  test.each(rows)('$kind $at: it is asked once, and covers all that the call sends', async ({ kind, at }) => {
    const attempt = attemptOf(authorityAttempts, kind, at);
    const asked: YesRequest[] = [];
    const authority: Authority = { ...agreeable, requireYes: async (request) => void asked.push(request) };
    tools.sandbox.reset();
    const { text } = await tools.call(attempt.tool, attempt.args, { authority });
    expect(text).not.toContain('Nobody has said yes');
    if (!text.includes('of policy.deny')) expect(asked).toHaveLength(1);
  });
});
