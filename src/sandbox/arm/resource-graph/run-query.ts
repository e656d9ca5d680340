import { aggregateOf } from './aggregates.ts';
import { compareValues, evaluate, type Row, textOf } from './expression.ts';
import type { Query, Stage } from './query.ts';

/** All rows of the result. Only stages that need every row hold them in memory. */
export function runQuery({ stages, columns }: Query, table: Iterable<Row>): Iterable<Row> {
  const rows = stages.reduce<Iterable<Row>>((input, stage) => runStage(stage, input), table);
  return mapRows(rows, (row) => pick(columns, row));
}

function runStage(stage: Stage, rows: Iterable<Row>): Iterable<Row> {
  switch (stage.kind) {
    case 'where':
      return filterRows(rows, (row) => evaluate(stage.test, row) === true);
    case 'project':
      return mapRows(rows, (row) => valuesOf(stage.columns, row));
    case 'extend':
      return mapRows(rows, (row) => ({ ...row, ...valuesOf(stage.columns, row) }));
    case 'distinct':
      return groupRows(rows, stage.columns).map(({ values }) => values);
    case 'project-away':
      return mapRows(rows, (row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !stage.names.includes(name))),
      );
    case 'sort':
      return [...rows].sort((left, right) => order(stage.keys, left, right)).slice(0, stage.rows);
    case 'take':
      return takeRows(rows, stage.rows);
    case 'count':
      return [{ Count: [...rows].length }];
    case 'summarize':
      return summarize(stage, rows);
  }
}

type Columns = Extract<Stage, { readonly kind: 'project' | 'extend' | 'distinct' }>['columns'];

function summarize(stage: Extract<Stage, { readonly kind: 'summarize' }>, rows: Iterable<Row>): readonly Row[] {
  const { aggregates, by } = stage;
  // Without `by`, there is one group, even of no rows.
  const groups = by.length === 0 ? [{ values: {}, members: [...rows] }] : groupRows(rows, by);
  return groups.map(({ values, members }) => ({
    ...values,
    ...Object.fromEntries(aggregates.map((one) => [one.name, aggregateOf(one, members)])),
  }));
}

function groupRows(
  rows: Iterable<Row>,
  columns: Columns,
): { readonly values: Row; readonly members: readonly Row[] }[] {
  const groups = new Map<string, { readonly values: Row; readonly members: Row[] }>();
  for (const row of rows) {
    const values = valuesOf(columns, row);
    const key = JSON.stringify(Object.values(values).map((value) => value ?? null));
    const group = groups.get(key) ?? { values, members: [] };
    group.members.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function valuesOf(columns: Columns, row: Row): Row {
  return Object.fromEntries(columns.map(({ name, value }) => [name, evaluate(value, row) ?? null]));
}

function pick(columns: readonly string[], row: Row): Row {
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? emptyOf(name)]));
}

/** Missing strings are empty; missing objects are null. */
function emptyOf(name: string): unknown {
  return ['kind', 'location', 'managedBy', 'resourceGroup', 'subscriptionId', 'tenantId'].includes(name) ? '' : null;
}

function order(keys: Extract<Stage, { readonly kind: 'sort' }>['keys'], left: Row, right: Row): number {
  for (const { value, isAscending } of keys) {
    const difference = compareValues(sortable(evaluate(value, left)), sortable(evaluate(value, right)));
    if (difference !== 0) return isAscending ? difference : -difference;
  }
  return 0;
}

function sortable(value: unknown): unknown {
  return typeof value === 'number' ? value : textOf(value);
}

function* filterRows(rows: Iterable<Row>, test: (row: Row) => boolean): Iterable<Row> {
  for (const row of rows) if (test(row)) yield row;
}

function* mapRows(rows: Iterable<Row>, change: (row: Row) => Row): Iterable<Row> {
  for (const row of rows) yield change(row);
}

function* takeRows(rows: Iterable<Row>, count: number): Iterable<Row> {
  let taken = 0;
  for (const row of rows) {
    if (taken >= count) return;
    taken += 1;
    yield row;
  }
}
