import { type CopiedRow, type CopiedTable, columnsOf } from './store-tables.ts';

/** A row of the store, its cells in the order of `columnsOf`. */
type ThereRow = readonly unknown[];

/** What becomes of a row of the file. */
export interface Judgement {
  readonly verdict: 'add' | 'replace' | 'keep' | 'refuse';
  /** Rows of the store that make room for it. */
  readonly removes: readonly ThereRow[];
}

const keys: Readonly<Record<CopiedTable, readonly string[]>> = {
  secrets: ['ref'],
  connections: ['id'],
  named_secrets: ['owner', 'name'],
  receipts: ['id'],
};

/** Columns by which a row is found. */
export function keyOf(table: CopiedTable): readonly string[] {
  return keys[table];
}

const keep: Judgement = { verdict: 'keep', removes: [] };

/**
 * The same id is the same thing: the later revision stays, so that an old export never turns anything back. Another thing of
 * the same name is refused, or replaced where the person said so.
 */
export function judge(row: CopiedRow, there: readonly ThereRow[], replace: boolean): Judgement {
  const { table, cells } = row;
  const at = (column: string, of: readonly unknown[] = cells) => of[columnsOf[table].indexOf(column)];
  const isSame = (other: ThereRow, columns: readonly string[]) =>
    columns.every((column) => at(column, other) === at(column));
  const same = there.find((other) => isSame(other, keyOf(table)));
  // What is stored under a reference never changes.
  if (table === 'secrets') return same === undefined ? { verdict: 'add', removes: [] } : keep;
  if (table === 'receipts') {
    if (same === undefined) return { verdict: 'add', removes: [] };
    const isLater = at('owner', same) === at('owner') && Number(at('revision', same)) < Number(at('revision'));
    return isLater ? { verdict: 'replace', removes: [same] } : keep;
  }
  const named = there.find((other) => isSame(other, ['owner', 'name']));
  const inTheWay = [...new Set([same, named].filter((other) => other !== undefined))];
  if (inTheWay.length === 0) return { verdict: 'add', removes: [] };
  const text = table === 'connections' ? 'record' : 'secret';
  if (same !== undefined && isSame(same, ['owner', 'name'])) {
    if (at(text, same) === at(text)) return keep;
    const [mine, theirs] = [Number(at('revision', same)), Number(at('revision'))];
    if (mine < theirs) return { verdict: 'replace', removes: [same] };
    if (mine > theirs) return keep;
  }
  if (!replace) return { verdict: 'refuse', removes: [] };
  // A row that was found by its id and by its name is there twice.
  const distinct = new Map(inTheWay.map((other) => [JSON.stringify(keyOf(table).map((key) => at(key, other))), other]));
  return { verdict: 'replace', removes: [...distinct.values()] };
}
