import type { AzureRole } from '../apis/arm/built-in-roles.ts';
import { quoted } from '../base/plain-text.ts';

/** Who needs a role: as its token says. */
export interface Assignee {
  /** Undefined when the token is opaque. */
  readonly objectId: string | undefined;
  readonly isPerson: boolean;
}

/** What to do about a missing role. */
export function grantHint(role: AzureRole, scope: string, assignee: Assignee): string {
  return `Assign ${role.name}: ${quoted(grantCommand(role.id, scope, assignee), 800)}`;
}

/** The command that assigns a role. The type is named, so that the directory need not be asked. */
export function grantCommand(role: string, scope: string, { objectId, isPerson }: Assignee): string {
  const type = isPerson ? 'User' : 'ServicePrincipal';
  return `az role assignment create --role ${role} --assignee-object-id ${objectId ?? '<object-id>'} --assignee-principal-type ${type} --scope ${scope}`;
}

/** The command that shows what is assigned, conditions included. */
export function listCommand(scope: string, objectId: string | undefined): string {
  return `az role assignment list --scope ${scope} --include-inherited --assignee ${objectId ?? ''}`;
}
