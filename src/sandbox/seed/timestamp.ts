/** A time as the directory writes it: ISO 8601 in UTC, to the second. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
