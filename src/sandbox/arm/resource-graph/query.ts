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
  | { readonly kind: 'summarize'; readonly countName: string; readonly by: readonly NamedExpression[] };

export interface Query {
  readonly table: string;
  readonly stages: readonly Stage[];
  /** Columns of the result, in order. */
  readonly columns: readonly string[];
  /** Rows keep the `id` that their table gave them, so that a page can be continued. */
  readonly keepsId: boolean;
}
