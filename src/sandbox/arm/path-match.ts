/** `METHOD path` or a path with `*` for anything, as faults are matched; everything matches an absent pattern. */
export function isPathMatch(match: unknown, method: string, path: string): boolean {
  if (typeof match !== 'string') return true;
  const [, wanted, pattern = ''] = /^(?:([A-Za-z]+)\s+)?(\S.*)$/.exec(match.trim()) ?? [];
  if (wanted !== undefined && wanted.toUpperCase() !== method) return false;
  const source = pattern.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`, 'i').test(path);
}
