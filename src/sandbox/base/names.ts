/** The names in a table row, which may run over several lines. */
export function namesOf(row: string): readonly string[] {
  return row.trim().split(/\s+/);
}
