import { counted } from '../../core/base/counted.ts';
import { isResourceGroup } from '../../core/receipts/arm/deleted-resources.ts';
import type { PartNow } from '../../core/receipts/look-at-undo.ts';
import type { Receipt } from '../../core/receipts/receipt.ts';
import { reasonsOf } from '../../core/receipts/undo-answer.ts';

// What a person reads before an undo: each request with what it changes, and what has come over the write.

/** Longest value in a line. */
const longestValue = 300;

/** The whole question. */
export function undoLines(receipt: Receipt, todo: readonly PartNow[], already: readonly PartNow[]): readonly string[] {
  const { id, tool, at, connection, undoing } = receipt;
  return [
    `Undo ${id}, ${tool} of ${new Date(at).toISOString()}, with ${counted(todo.length, 'request')}?`,
    `  connection: ${connection.name}, tenant ${connection.tenantId ?? 'unknown'}`,
    ...(undoing === undefined ? [] : ['  An undo was begun before and interrupted: what it has done is left out.']),
    // In the order in which they are sent.
    ...todo.toReversed().flatMap(partLines),
    ...already.map(({ part }) => `  as it was already: ${requestOf(part)}`),
    ...reasonsOf(receipt).map((reason) => `  stays: ${reason}`),
  ];
}

function partLines({ part, standing, changes, since }: PartNow): readonly string[] {
  const body = part.body === undefined ? [] : [`    body ${shown(part.body, longestBody)}`];
  const takesMore = part.method === 'DELETE' && isResourceGroup(part.path);
  const warning =
    standing === 'changed_since'
      ? since.map(
          ({ path, from, to }) => `    CHANGED SINCE: ${path} was set to ${shown(from)} and is ${shown(to)} now`,
        )
      : standing === 'unreadable'
        ? ['    CANNOT BE READ NOW: whether it was changed since is not known']
        : [];
  return [
    `  ${requestOf(part)}`,
    ...body,
    ...changes.map(({ path, from, to }) => `    ${path}: ${shown(from)} -> ${shown(to)}`),
    ...(takesMore ? ['    DELETES ALL THAT IS IN THE GROUP NOW'] : []),
    ...warning,
  ];
}

/** What was cut off says how long it is. */
const longestBody = 4_000;

/** `PATCH /users/{…}` as it is sent. */
export function requestOf({ method, path }: Pick<PartNow['part'], 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function shown(value: unknown, longest = longestValue): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}… (${text.length} characters)` : text;
}
