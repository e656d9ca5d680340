import type { Aggregate } from './aggregates.ts';
import type { Expression } from './expression.ts';

export interface NamedExpression {
  readonly name: string;
  readonly value: Expression;
}

export interface SortKey {
  readonly value: Expression;
  readonly isAscending: boolean;
}

/** One step of a query: `| where …`. */
export type Stage =
  | { readonly kind: 'where'; readonly test: Expression }
  | { readonly kind: 'project' | 'extend' | 'distinct'; readonly columns: readonly NamedExpression[] }
  | { readonly kind: 'project-away'; readonly names: readonly string[] }
  | { readonly kind: 'sort'; readonly keys: readonly SortKey[]; readonly rows?: number }
  | { readonly kind: 'take'; readonly rows: number }
  | { readonly kind: 'count' }
  | { readonly kind: 'summarize'; readonly aggregates: readonly Aggregate[]; readonly by: readonly NamedExpression[] };

export interface Query {
  readonly table: string;
  readonly stages: readonly Stage[];
  /** Result columns, in order. */
  readonly columns: readonly string[];
  /** Rows keep the `id` of their table, so that the next page can continue from it. */
  readonly keepsId: boolean;
}

/** Columns available after a stage. */
export function columnsAfter(stage: Stage, columns: ReadonlySet<string>): ReadonlySet<string> {
  switch (stage.kind) {
    case 'project':
    case 'distinct':
      return new Set(stage.columns.map(({ name }) => name));
    case 'extend':
      return new Set([...columns, ...stage.columns.map(({ name }) => name)]);
    case 'project-away':
      return new Set([...columns].filter((name) => !stage.names.includes(name)));
    case 'count':
      return new Set(['Count']);
    case 'summarize':
      return new Set([...stage.by, ...stage.aggregates].map(({ name }) => name));
    case 'where':
    case 'sort':
    case 'take':
      return columns;
  }
}

/** Whether the rows still have their table's `id`. */
export function isIdKept(stage: Stage): boolean {
  const isId = ({ name, value }: NamedExpression) =>
    name === 'id' && value.kind === 'column' && value.path.length === 1 && value.path[0] === 'id';
  switch (stage.kind) {
    case 'project':
      return stage.columns.some(isId);
    case 'extend':
      return stage.columns.every((column) => column.name !== 'id');
    case 'project-away':
      return !stage.names.includes('id');
    case 'count':
    case 'summarize':
    case 'distinct':
      return false;
    case 'where':
    case 'sort':
    case 'take':
      return true;
  }
}
