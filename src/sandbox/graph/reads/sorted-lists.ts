export interface SortedItem {
  readonly type: string;
  readonly id: string;
}

/** Lists that were sorted for a first page, kept for the pages after it. */
export interface SortedLists {
  /** The list of that name; made when it is not there (any more). */
  get(key: string, create: () => readonly SortedItem[]): readonly SortedItem[];
}

const maxLists = 8;

export function createSortedLists(): SortedLists {
  const lists = new Map<string, readonly SortedItem[]>();
  return {
    get(key, create) {
      const list = lists.get(key) ?? create();
      lists.delete(key);
      lists.set(key, list);
      const [oldest] = lists.keys();
      if (lists.size > maxLists && oldest !== undefined) lists.delete(oldest);
      return list;
    },
  };
}
