/** Ids that were worked out for a first page (sorted, or walked through groups), kept for the pages after it. */
export interface KeptLists {
  /** The list of that name; made when it is not there (any more). */
  get(name: string, create: () => readonly string[]): readonly string[];
}

const maxLists = 8;

export function createKeptLists(): KeptLists {
  const lists = new Map<string, readonly string[]>();
  return {
    get(name, create) {
      const list = lists.get(name) ?? create();
      lists.delete(name);
      lists.set(name, list);
      const [oldest] = lists.keys();
      if (lists.size > maxLists && oldest !== undefined) lists.delete(oldest);
      return list;
    },
  };
}
