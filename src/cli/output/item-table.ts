import { tableOf } from '../../core/results/csv.ts';
import { textTable } from './text-table.ts';

/** What people know an item by, in this order; then its id, which they copy. */
const leading = ['displayName', 'name', 'id', 'userPrincipalName', 'mail'];

/** Items of a service as a table for people: what names them comes first, and columns that are empty in all rows are named below. */
export function itemTable(items: readonly unknown[], width: number | undefined): string {
  const { columns, rows } = tableOf(items);
  const order = columns
    .map((name, index) => ({ name, index, place: placeOf(name) }))
    .sort((a, b) => a.place - b.place || a.index - b.index);
  const filled = order.filter(({ index }) => rows.some((cells) => cells[index] !== ''));
  const shown = filled.length === 0 ? order : filled;
  const text = textTable(
    shown.map(({ name }) => name),
    rows.map((cells) => shown.map(({ index }) => cells[index] ?? '')),
    { width },
  );
  const empty = columns.filter((name) => !shown.some((one) => one.name === name));
  return empty.length === 0 ? text : `${text}\n\nColumns without a value: ${empty.join(', ')}.`;
}

function placeOf(name: string): number {
  const place = leading.indexOf(name);
  return place === -1 ? leading.length : place;
}
