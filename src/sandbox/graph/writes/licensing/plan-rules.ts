import type { EntityStore } from '../../../base/entity-store.ts';
import { servicePlanIds } from '../../../seed/service-plan-ids.ts';
import { objectsIn } from '../../json-body.ts';
import type { Licence } from './assignments.ts';

/** Plans that depend on one of other plans, by name. Source: "Assign licenses to users": service dependencies. */
const dependencies: Readonly<Record<string, readonly string[]>> = {
  SHAREPOINTWAC: ['SHAREPOINTENTERPRISE', 'SHAREPOINTSTANDARD'],
  SHAREPOINT_PROJECT: ['SHAREPOINTENTERPRISE'],
  LOCKBOX_ENTERPRISE: ['EXCHANGE_S_ENTERPRISE'],
  EXCHANGE_ANALYTICS: ['EXCHANGE_S_ENTERPRISE'],
  RMS_S_PREMIUM: ['RMS_S_ENTERPRISE'],
  RMS_S_PREMIUM2: ['RMS_S_PREMIUM'],
  MCOEV: ['MCOSTANDARD', 'TEAMS1'],
};

/** Plans that cannot be combined. Source: "Identify and resolve license assignment problems". */
const exclusions: readonly (readonly [string, string])[] = [
  ['SHAREPOINTENTERPRISE', 'SHAREPOINTSTANDARD'],
  ['EXCHANGE_S_ENTERPRISE', 'EXCHANGE_S_STANDARD'],
];

export type PlanProblem =
  | { readonly kind: 'dependency'; readonly plan: string; readonly needs: readonly string[] }
  | { readonly kind: 'exclusion'; readonly plans: readonly [string, string] };

/** The problem with this combination of licences; undefined if there is none. */
export function findPlanProblem(licences: readonly Licence[], store: EntityStore): PlanProblem | undefined {
  const enabled = new Set(licences.flatMap((licence) => enabledPlans(licence, store)));
  const idsOf = (names: readonly string[]) => names.map((name) => servicePlanIds[name] ?? '');
  for (const [name, needed] of Object.entries(dependencies)) {
    const [plan = ''] = idsOf([name]);
    const needs = idsOf(needed);
    if (enabled.has(plan) && !needs.some((id) => enabled.has(id))) return { kind: 'dependency', plan, needs };
  }
  for (const names of exclusions) {
    const [first = '', second = ''] = idsOf(names);
    if (enabled.has(first) && enabled.has(second)) return { kind: 'exclusion', plans: [first, second] };
  }
  return undefined;
}

export function planIdsOf(skuId: string, store: EntityStore): readonly string[] {
  const plans = store.findByKey('subscribedSku', 'skuId', skuId)?.['servicePlans'];
  return objectsIn(plans).map(({ servicePlanId }) => String(servicePlanId));
}

function enabledPlans({ skuId, disabledPlans }: Licence, store: EntityStore): readonly string[] {
  return planIdsOf(skuId, store).filter((id) => !disabledPlans.includes(id));
}
