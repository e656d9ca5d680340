import type { PermissionSet } from '../arm-store.ts';

/**
 * Whether any permission set allows the action. Another set can allow what one set excludes. Source: "Understand Azure
 * role definitions".
 */
export function isAllowed(
  permissions: readonly PermissionSet[],
  action: string,
  kind: 'control' | 'data' = 'control',
): boolean {
  return permissions.some((set) => {
    const allowed = kind === 'control' ? set.actions : set.dataActions;
    const excluded = kind === 'control' ? set.notActions : set.notDataActions;
    return isMatched(allowed, action) && !isMatched(excluded, action);
  });
}

function isMatched(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
}

/** `*` matches any text, including slashes. */
function matches(pattern: string, action: string): boolean {
  if (!pattern.includes('*')) return pattern === action;
  const [head = '', ...middle] = pattern.split('*');
  const tail = middle.pop() ?? '';
  if (action.length < head.length + tail.length || !action.startsWith(head) || !action.endsWith(tail)) return false;
  const end = action.length - tail.length;
  let at = head.length;
  for (const part of middle) {
    const found = action.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
