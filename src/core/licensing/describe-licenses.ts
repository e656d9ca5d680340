import type { LicenseNames } from './license-names.ts';
import { isSameId, type LicenseHolder, type SubscribedSku } from './licenses.ts';
import type { LicenseChange, LicenseSituation } from './plan-license-change.ts';

/** One licence as the answer shows it. */
export interface LicenseView {
  readonly sku: string;
  readonly name?: string;
  readonly sku_id: string;
  /** Names of the service plans that are switched off. */
  readonly disabled_plans: readonly string[];
  /** Absent when it is assigned directly. */
  readonly inherited_from?: { readonly group: string; readonly name?: string };
  /** Only where it is not in order: `Error: CountViolation`. */
  readonly trouble?: string;
}

interface Facts extends Pick<LicenseSituation, 'tenantSkus' | 'names' | 'groupNames'> {}

/** All licences of a user or group, direct ones first. */
export function describeLicenses(holder: LicenseHolder, facts: Facts): readonly LicenseView[] {
  const trouble = (skuId: string) => {
    const found = holder.troubles.find((one) => isSameId(one.skuId, skuId));
    return found === undefined ? {} : { trouble: `${found.state}: ${found.error}` };
  };
  return [
    ...holder.direct.map(({ skuId, disabledPlans }) => ({
      ...viewOf(skuId, disabledPlans ?? [], facts),
      ...trouble(skuId),
    })),
    ...holder.inherited.map(({ skuId, disabledPlans, groupId }) => {
      const name = facts.groupNames.get(groupId);
      return {
        ...viewOf(skuId, disabledPlans, facts),
        inherited_from: { group: groupId, ...(name === undefined ? {} : { name }) },
        ...trouble(skuId),
      };
    }),
  ];
}

function viewOf(skuId: string, disabledPlans: readonly string[], { tenantSkus, names }: Facts): LicenseView {
  const sku = tenantSkus.find((one) => isSameId(one.skuId, skuId));
  const [name] = names.productTitles(skuId);
  return {
    sku: sku?.skuPartNumber ?? names.productPartNumber(skuId) ?? skuId,
    ...(name === undefined ? {} : { name }),
    sku_id: skuId,
    disabled_plans: disabledPlans.map((id) => planName(id, sku, names)),
  };
}

function planName(id: string, sku: SubscribedSku | undefined, names: LicenseNames): string {
  return (
    sku?.servicePlans?.find(({ servicePlanId }) => isSameId(servicePlanId, id))?.servicePlanName ??
    names.planName(id) ??
    id
  );
}

export interface ChangeView {
  readonly added: readonly LicenseView[];
  /** Products that were assigned already and whose service plans change. */
  readonly updated: ReadonlyArray<LicenseView & { readonly disabled_plans_before: readonly string[] }>;
  readonly removed: ReadonlyArray<Omit<LicenseView, 'disabled_plans'>>;
}

/** What a change does, by name. */
export function describeChange({ additions, removals }: LicenseChange, facts: Facts): ChangeView {
  const views = additions.map(({ sku, disabledPlans, disabledBefore }) => ({
    view: viewOf(sku.skuId, disabledPlans, facts),
    before: disabledBefore?.map((id) => planName(id, sku, facts.names)),
  }));
  return {
    added: views.flatMap(({ view, before }) => (before === undefined ? [view] : [])),
    updated: views.flatMap(({ view, before }) =>
      before === undefined ? [] : [{ ...view, disabled_plans_before: before }],
    ),
    removed: removals.map(({ skuId }) => {
      const { disabled_plans: _, ...view } = viewOf(skuId, [], facts);
      return view;
    }),
  };
}

/** The holder as it is once the change has been made. */
export function applyChange(holder: LicenseHolder, { additions, removals }: LicenseChange): LicenseHolder {
  const replaced = [...additions.map(({ sku }) => sku.skuId), ...removals.map(({ skuId }) => skuId)];
  const touched = (skuId: string) => replaced.some((id) => isSameId(id, skuId));
  return {
    ...holder,
    direct: [
      ...holder.direct.filter(({ skuId }) => !touched(skuId)),
      ...additions.map(({ sku, disabledPlans }) => ({ skuId: sku.skuId, disabledPlans: [...disabledPlans] })),
    ],
    troubles: holder.troubles.filter(({ skuId }) => !touched(skuId)),
  };
}
