import { type Caller, type Right, rights } from '../core/base/caller.ts';
import { AppError } from '../core/base/errors.ts';
import { isRecord, member } from '../core/base/guards.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';

/** What a tool is, as far as rights are concerned. */
type RightsFacts = Pick<ToolDefinition, 'annotations' | 'toolset' | 'permissions'>;

/**
 * What somebody has to be allowed for a tool. Who changes connections manages them; where that needs permissions in the
 * tenant, as making an app does, the call writes there as well.
 */
export function rightsOfTool({ annotations, toolset, permissions }: RightsFacts): readonly Right[] {
  if (annotations.readOnlyHint) return ['read'];
  if (toolset !== 'connections') return ['read', 'write'];
  return permissions.length === 0 ? ['read', 'manage'] : ['read', 'write', 'manage'];
}

/**
 * What a message needs, or all messages of a batch together. `message` has been parsed, not checked: whatever it is, it
 * needs the right to read.
 */
export function rightsOfMessage(
  message: unknown,
  toolNamed: (name: string) => RightsFacts | undefined,
): readonly Right[] {
  const needed = new Set<Right>(['read']);
  for (const one of Array.isArray(message) ? message : [message]) {
    const name = isRecord(one) && one['method'] === 'tools/call' ? member(one['params'], 'name') : undefined;
    const tool = typeof name === 'string' ? toolNamed(name) : undefined;
    for (const right of tool === undefined ? [] : rightsOfTool(tool)) needed.add(right);
  }
  return rights.filter((right) => needed.has(right));
}

/** The name of a right, as scope and as app role of the registration. */
export const scopeNames: Readonly<Record<Right, string>> = {
  read: 'Tenantry.Read',
  write: 'Tenantry.Write',
  manage: 'Tenantry.Manage',
};

/** The gate in front of HTTP has asked already; this holds for every way to a tool. Throws `permission_denied`. */
export function requireRights(what: string, needed: readonly Right[], caller: Caller): void {
  const missing = needed.filter((right) => !caller.rights.has(right));
  if (missing.length === 0) return;
  const names = missing.map((right) => scopeNames[right]).join(' and ');
  throw new AppError('permission_denied', `This sign-in does not allow ${what}: it lacks ${names}.`, {
    hint: `Sign in again with ${names}, or have an administrator assign the app role of that name.`,
  });
}
