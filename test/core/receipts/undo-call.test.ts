import { expect, test } from 'vitest';
import type { Receipt, UndoPart } from '../../../src/core/receipts/receipt.ts';
import { undoCall } from '../../../src/core/receipts/undo-call.ts';

const part = (of: string, path: string, changes: Partial<UndoPart> = {}): UndoPart => ({
  of,
  method: 'PATCH',
  path,
  look: { kind: 'members', path },
  before: {},
  after: {},
  ...changes,
});
const member = (of: string, group: string, id: string): UndoPart => {
  const list = `/groups/${group}/members`;
  const look = { kind: 'member' as const, path: list, params: { $filter: `id eq '${id}'` } };
  return part(of, `${list}/$ref`, { method: 'POST', look });
};
const restore = (of: string, id: string): UndoPart =>
  part(of, `/directory/deletedItems/${id}/restore`, {
    method: 'POST',
    look: { kind: 'presence', path: `/users/${id}` },
  });

const receipt = (parts: readonly UndoPart[], steps: Receipt['steps'] = []): Receipt => ({
  id: 'ABCDEFGH',
  owner: 'local',
  connection: { id: 'c', name: 'contoso', cloud: 'public' },
  tool: 'graph_write',
  undoTool: 'graph_write',
  steps,
  parts,
  at: 0,
  expiresAt: 1,
  revision: 1,
});

/** Path and dependencies of each request, in the order in which they are sent. */
function order(...args: Parameters<typeof receipt>): unknown {
  const whole = receipt(...args);
  const { requests } = undoCall(whole, whole.parts).arguments as {
    readonly requests: readonly { readonly endpoint: string; readonly depends_on?: readonly string[] }[];
  };
  return requests.map(({ endpoint, depends_on = [] }) => [endpoint, ...depends_on]);
}

test('requests to different objects are sent the last one first, and wait for none', () => {
  expect(order([part('1', '/users/a'), part('2', '/users/b')])).toEqual([['/users/b'], ['/users/a']]);
});

test('what came later to the same object is undone before', () => {
  expect(order([part('1', '/users/a'), part('2', '/users/b'), part('3', '/users/A')])).toEqual([
    ['/users/A'],
    ['/users/b'],
    ['/users/a', '1'],
  ]);
});

test('what depended on a write is undone before it', () => {
  const step = (id: string, dependsOn: readonly string[]) =>
    ({ id, request: '', outcome: 'done', reasons: [], dependsOn }) as const;
  const steps = [step('one', []), step('two', ['one'])];
  expect(order([part('one', '/users/a'), part('two', '/users/b')], steps)).toEqual([['/users/b'], ['/users/a', '1']]);
});

test('members of one group wait for none, and a deleted user is there before it is a member again', () => {
  expect(order([member('1', 'g', 'a'), member('2', 'g', 'b'), restore('3', 'a')])).toEqual([
    ['/directory/deletedItems/a/restore'],
    ['/groups/g/members/$ref'],
    ['/groups/g/members/$ref', '1'],
  ]);
});
