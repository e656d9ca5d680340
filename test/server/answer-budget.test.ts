import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { localCaller } from '../../src/core/base/caller.ts';
import { isRecord } from '../../src/core/base/guards.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../../src/tools/define-tool.ts';
import { batchOutcome } from '../../src/tools/graph/batch-outcome.ts';
import { listParams } from '../../src/tools/params.ts';
import { onePage, runList } from '../../src/tools/run-list.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ users: 5 });
});
afterAll(() => tools.close());

const asked = 24_000;
const unasked = 10_000;

type Work = (args: z.output<typeof input>, context: ConnectionToolContext) => ReturnType<typeof runList>;
const input = z.strictObject({ connection: z.string(), ...listParams });

async function answer(run: Work, args: Readonly<Record<string, unknown>> = {}) {
  const tool = defineTool({
    name: 'test_tool',
    title: 'Test',
    description: 'Answers as the test says.',
    toolset: 'graph',
    permissions: [],
    annotations: readOnly,
    bindsConnection: true,
    input,
    run,
  });
  const options = { caller: localCaller, signal: new AbortController().signal };
  const { text } = await runTool(tool, { connection: 'sandbox', ...args }, options, tools.runtime);
  return { bytes: Buffer.byteLength(text), ...JSON.parse(text) };
}

/** Lists as one page, with an id of each item where it can have one. */
const listing =
  (items: readonly unknown[]): Work =>
  (args, context) =>
    runList(
      args,
      { query: { tool: 'test_tool' }, read: () => onePage({ items, status: 200, requestId: undefined }) },
      context,
    );

/** Values as services have them, and some as nobody has: long texts, deep objects, many members, other scripts. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ maxLength: 60, unit: 'grapheme' }),
  fc.nat(40_000).map((length) => 'ü漢"\\'.repeat(Math.ceil(length / 4))),
  fc.array(fc.string({ maxLength: 20 }), { maxLength: 300 }),
  fc.nat(300).map((count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index]))),
);
const members = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__' && name !== 'id'),
  value,
  {
    maxKeys: 12,
  },
);
const items = fc
  .array(members, { maxLength: 120 })
  .map((all) => all.map((one, index) => ({ id: `i${index}`, ...one })));
const runs = { numRuns: 60 };

describe('no answer is above its budget, whatever is in it', () => {
  test('a list, which loses no item on the way through its cursors', async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.constantFrom({}, { limit: 1_000 }, { format: 'csv' }), async (list, args) => {
        const run = listing(list);
        let found = await answer(run, args);
        const most = Object.keys(args).length > 0 ? asked : unasked;
        expect(found.bytes).toBeLessThanOrEqual(most);
        let count = found.meta.count;
        const ids: unknown[] = idsIn(found);
        for (let calls = 0; found.meta.cursor !== undefined && calls <= list.length; calls++) {
          found = await answer(run, { ...args, cursor: found.meta.cursor });
          expect(found.bytes).toBeLessThanOrEqual(asked);
          expect(found.meta.count).toBeGreaterThan(0);
          count += found.meta.count;
          ids.push(...idsIn(found));
        }
        expect(count).toBe(list.length);
        if (!('format' in args)) expect(ids).toEqual(list.map(({ id }) => id));
      }),
      runs,
    );
  }, 120_000);

  test('an object, or any other value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(members, value), async (data) => {
        const found = await answer(async () => ({ status: 200, data }));
        expect(found.bytes).toBeLessThanOrEqual(unasked);
        expect(found.response.success).toBe(true);
      }),
      runs,
    );
  }, 120_000);

  test('a batch, whose items share it', async () => {
    const bodies = fc.array(
      fc.oneof(
        members,
        items.map((list) => ({ value: list })),
      ),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (all) => {
        const responses = all.map((body, index) => ({ id: `${index}`, status: 200, success: true, headers: {}, body }));
        const run: Work = (_args, context) =>
          batchOutcome({ responses, success: true } as never, { continueOnError: false }, context);
        const found = await answer(run);
        expect(found.bytes).toBeLessThanOrEqual(unasked);
        expect(found.response.data.responses.length).toBeGreaterThan(0);
      }),
      runs,
    );
  }, 120_000);
});

function idsIn({ response }: { response: { data?: unknown } }): unknown[] {
  const list = isRecord(response.data) ? response.data['value'] : undefined;
  return Array.isArray(list) ? list.map((item) => (isRecord(item) ? item['id'] : undefined)) : [];
}
