import type { GraphCatalog } from '../catalog/load-catalog.ts';
import type { PermissionChoice } from '../catalog/operation-tree.ts';
import { shortened } from './fit-answer.ts';

/** What one use of an operation needs. */
export interface PermissionsAnswer {
  /** Needed all together. */
  readonly least: readonly string[];
  /** Others that open it too, each by itself. */
  readonly accepted?: readonly string[];
  /** Ids of the app roles of the least ones. */
  readonly app_role_ids?: readonly string[];
}

/** In few words, for a list of operations. */
export function leastText({ least }: PermissionChoice): string {
  return least.length === 0 ? 'not possible' : least.join(' and ');
}

/** In full; undefined where this use is impossible. */
export function describePermissions(
  catalog: Pick<GraphCatalog, 'permission'>,
  { least, accepted }: PermissionChoice,
  options: { readonly most: number; readonly isForApps: boolean },
): PermissionsAnswer | undefined {
  if (least.length === 0) return undefined;
  const others = accepted.filter((name) => !least.includes(name));
  const ids = options.isForApps ? least.flatMap((name) => catalog.permission(name)?.appRoleId ?? []) : [];
  return {
    least,
    ...(others.length === 0 ? {} : { accepted: shortened(others, options.most) }),
    ...(ids.length === 0 ? {} : { app_role_ids: ids }),
  };
}
