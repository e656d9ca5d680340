import type { Grade } from '../../base/authority.ts';

/** Kinds of risk. A task that names what it does covers kinds; any other yes covers single requests. */
export type RiskKind =
  | 'role'
  | 'grant'
  | 'credential'
  | 'sign_in_of_others'
  | 'tenant_policy'
  | 'code'
  | 'protected'
  | 'own_app'
  | 'deletion'
  | 'permanent'
  | 'resource_group'
  | 'bulk'
  | 'write'
  | 'pipelines';

/** Why a request needs a yes. */
export interface Risk {
  readonly kind: RiskKind;
  readonly grade: Grade;
  /** What it is, as it stands in "This …": `gives or takes a role`. Ours, without text of the tenant. */
  readonly reason: string;
}

export function authority(kind: RiskKind, reason: string): Risk {
  return { kind, grade: 'authority', reason };
}

export function careful(kind: RiskKind, reason: string): Risk {
  return { kind, grade: 'careful', reason };
}
