import { compareValues, type Expression, evaluate, type Row, textOf } from './expression.ts';

/** One aggregate of a `summarize`: `count()`, `countif(test)`, `sum(value)`. */
export interface Aggregate {
  /** Name of the result column. */
  readonly name: string;
  readonly kind: AggregateKind;
  /** Undefined for `count()`. */
  readonly argument: Expression | undefined;
}

/** Source: "Summary of aggregation functions", those that Resource Graph documents in its samples. */
const aggregateKinds = ['count', 'countif', 'dcount', 'sum', 'avg', 'min', 'max'] as const;
export type AggregateKind = (typeof aggregateKinds)[number];

export function findAggregate(name: string): AggregateKind | undefined {
  return aggregateKinds.find((kind) => kind === name.toLowerCase());
}

/** The value of an aggregate over the rows of a group. Missing values do not count. */
export function aggregateOf({ kind, argument }: Aggregate, rows: readonly Row[]): unknown {
  if (argument === undefined) return rows.length;
  const values = rows.map((row) => evaluate(argument, row)).filter((value) => value !== undefined && value !== null);
  switch (kind) {
    case 'count':
      return rows.length;
    case 'countif':
      return values.filter((value) => value === true).length;
    case 'dcount':
      return new Set(values.map(textOf)).size;
    case 'sum':
      return sumOf(values);
    case 'avg':
      return values.length === 0 ? null : sumOf(values) / values.length;
    case 'min':
      return values.toSorted(compareValues)[0] ?? null;
    case 'max':
      return values.toSorted(compareValues).at(-1) ?? null;
  }
}

function sumOf(values: readonly unknown[]): number {
  return values
    .map((value) => Number(textOf(value)))
    .reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
}
