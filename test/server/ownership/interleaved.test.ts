import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../../src/core/base/caller.ts';
import { createSurface, type Surface } from '../../../src/server/surface.ts';
import { tools } from '../../../src/tools/registry.ts';
import { ada, bob, giveConnection, requestOf } from '../../support/people.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { textOf } from './world.ts';

// Both call their connection `mine`, and do the same things at the same time, over one process.

let box: SandboxTools;
let surface: Surface;
/** What a caller's answers alone may hold. */
const marks = new Map<Caller, readonly string[]>();

beforeAll(async () => {
  box = await openSandboxTools({ users: 30, frozenClock: true, maxResultBytes: 4_000 });
  surface = createSurface(box.runtime, { listed: tools, callable: tools }, 'http');
  for (const [caller, own] of [
    [ada, 'adas_own'],
    [bob, 'bobs_own'],
  ] as const) {
    await giveConnection(box, caller, 'mine');
    await giveConnection(box, caller, own);
    marks.set(caller, [own]);
  }
});
afterAll(() => box.close());

interface Person {
  readonly caller: Caller;
  cursor?: string | undefined;
  result?: string | undefined;
  /** Everything that the other one must not be able to use. */
  readonly answers: string[];
}

const list = { connection: 'mine', endpoint: '/users', params: { $select: 'id,displayName,mail,userPrincipalName' } };
const delta = { connection: 'mine', endpoint: '/users/delta', params: { $select: 'id' }, name: 'staff' };

async function act(person: Person, other: Person, kind: string): Promise<void> {
  const request = requestOf(person.caller);
  const call = async (name: string, args: Readonly<Record<string, unknown>>) =>
    textOf(await surface.callTool({ name, arguments: { ...args } }, request));
  switch (kind) {
    case 'list': {
      const text = await call('graph_query', list);
      person.cursor = /"cursor":"([\w-]{24})"/.exec(text)?.[1];
      person.result = /tenantry:\/\/results\/([\w-]{16})/.exec(text)?.[1];
      person.answers.push(text);
      return;
    }
    case 'go on':
      if (person.cursor !== undefined) {
        person.answers.push(await call('graph_query', { ...list, cursor: person.cursor }));
      }
      return;
    case 'changes':
      person.answers.push(await call('graph_delta', delta));
      return;
    case 'connections':
      person.answers.push(await call('list_connections', {}));
      return;
    case 'resources':
      person.answers.push(textOf(await surface.listResources(request)));
      return;
    case 'steal the cursor':
      if (other.cursor !== undefined) {
        expect(await call('graph_query', { ...list, cursor: other.cursor })).toContain('cursor: it is malformed');
      }
      return;
    case 'steal the result': {
      const uri = `tenantry://results/${other.result ?? 'AAAAAAAAAAAAAAAA'}`;
      await expect(surface.readResource({ uri }, request)).rejects.toThrow();
      return;
    }
    default:
      throw new Error(kind);
  }
}

const kinds = ['list', 'go on', 'changes', 'connections', 'resources', 'steal the cursor', 'steal the result'];
const steps = fc.array(fc.record({ isAda: fc.boolean(), kind: fc.constantFrom(...kinds) }), {
  minLength: 2,
  maxLength: 12,
});

test('however the calls of two people mingle, none of them gets what is the other’s', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.scheduler(), async (plan, scheduler) => {
      const people: readonly [Person, Person] = [
        { caller: ada, answers: [] },
        { caller: bob, answers: [] },
      ];
      const [first, second] = people;
      // What one person does comes in their order; what the two do, in any.
      const lineOf = (person: Person, other: Person, isAda: boolean) =>
        scheduler.scheduleSequence(
          plan
            .filter((step) => step.isAda === isAda)
            .map(({ kind }) => ({ label: kind, builder: () => act(person, other, kind) })),
        ).task;
      const both = [lineOf(first, second, true), lineOf(second, first, false)];
      await scheduler.waitFor(Promise.all(both));
      expect((await Promise.all(both)).map(({ faulty }) => faulty)).toEqual([false, false]);
      for (const [person, other] of [people, [second, first] as const]) {
        const foreign = [...(marks.get(other.caller) ?? []), other.caller.id, other.cursor, other.result];
        for (const answer of person.answers) {
          expect(foreign.filter((mark) => mark !== undefined && answer.includes(mark))).toEqual([]);
        }
      }
    }),
    { numRuns: 25 },
  );
});
