const longest = 100;

/**
 * Names of things in the tenant, for a message: quoted, without what cannot be seen, and cut. Whoever may make such things
 * writes them, so they are no part of a hint.
 */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}

function quoteName(name: string): string {
  const visible = name.slice(0, longest + 1).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return JSON.stringify(visible.length > longest ? `${visible.slice(0, longest)}…` : visible);
}
