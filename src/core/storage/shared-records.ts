/**
 * Stands in the text of every record that is shared with somebody, and in few others. Both databases keep an index of the
 * rows that have it, made from the sealed text itself: beside it there is no column that says who may see a connection, so
 * nobody can change one.
 */
export const sharedMark = '"shared_with":[{';

/** Where a shared record stands. */
export interface SharedPlace {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly revision: number;
}

export function sharedPlace({ id, owner, name, revision }: Readonly<Record<string, unknown>>): SharedPlace {
  return { id: String(id), owner: String(owner), name: String(name), revision: Number(revision) };
}
