import { AppError, invalidArgument } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import type { LicenseNames } from './license-names.ts';
import { availableUnits, isSameId, type LicenseHolder, type SubscribedSku } from './licenses.ts';
import { readAs, resolvePlan, resolveSku, skuLabel } from './resolve-sku.ts';

/** What a caller asks for; names are resolved here. */
export interface LicenseRequest {
  readonly add: ReadonlyArray<{ readonly sku: string; readonly disabledPlans?: readonly string[] | undefined }>;
  /** Products, or `all` alone: every one that is assigned directly and is not in `add`. */
  readonly remove: readonly string[];
}

export interface PlannedAddition {
  readonly sku: SubscribedSku;
  /** Ids; replaces the list that a direct assignment has now. */
  readonly disabledPlans: readonly string[];
  /** The list that a direct assignment has now; absent when the product is not assigned directly yet. */
  readonly disabledBefore?: readonly string[];
}

export interface LicenseChange {
  readonly additions: readonly PlannedAddition[];
  readonly removals: readonly SubscribedSku[];
  /** What the caller should know; none of it stops the change. */
  readonly notes: readonly string[];
}

export interface LicenseSituation {
  readonly holder: LicenseHolder;
  readonly tenantSkus: readonly SubscribedSku[];
  readonly names: LicenseNames;
  /** Display names of groups by id, for explanations. */
  readonly groupNames: ReadonlyMap<string, string>;
}

/**
 * Decides what has to be sent, and refuses what the service would refuse: unknown products, subscriptions that are
 * suspended or not for users, no units left, licences that come from a group. Rules:
 * https://learn.microsoft.com/graph/api/user-assignlicense,
 * https://learn.microsoft.com/entra/fundamentals/concept-group-based-licensing
 */
export function planLicenseChange(request: LicenseRequest, situation: LicenseSituation): LicenseChange {
  const { names } = situation;
  const wanted = additionsOf(request, situation);
  const notes: string[] = [];
  const isAll = removesAll(request.remove);
  const kept = wanted.map(({ sku }) => sku);
  const unwanted = isAll
    ? allBut(kept, situation, notes)
    : request.remove.map((text) => resolveSku(text, removable(situation), names));
  refuseRepeats([...kept, ...unwanted], names);
  notes.push(
    ...readings(
      request.add.map(({ sku }) => sku),
      kept,
      names,
    ),
    ...(isAll ? [] : readings(request.remove, unwanted, names)),
  );
  const additions = wanted.flatMap(({ sku, disabledPlans }) => planAddition(sku, disabledPlans, situation, notes));
  const removals = unwanted.filter((sku) => isRemovable(sku, situation, notes));
  return { additions, removals, notes };
}

type Products = Pick<LicenseSituation, 'tenantSkus' | 'names'>;

function additionsOf({ add }: LicenseRequest, { tenantSkus, names }: Products) {
  return add.map(({ sku: text, disabledPlans }) => {
    const sku = resolveSku(text, tenantSkus, names);
    return { sku, disabledPlans: disabledPlans?.map((plan) => resolvePlan(plan, sku, names).servicePlanId) };
  });
}

/** Refuses what would be refused for any holder. */
export function checkLicenseRequest(request: LicenseRequest, products: Products): void {
  removesAll(request.remove);
  const wanted = additionsOf(request, products);
  refuseRepeats(
    wanted.map(({ sku }) => sku),
    products.names,
  );
}

/** What each text was read as, where it is only a part of a name. */
function readings(texts: readonly string[], skus: readonly SubscribedSku[], names: LicenseNames): readonly string[] {
  return texts.flatMap((text, index) => {
    const sku = skus[index];
    return (sku && readAs(text, sku, names)) ?? [];
  });
}

/** Whether everything is to go; throws `invalid_argument` where products are named beside it. */
function removesAll(remove: readonly string[]): boolean {
  if (!remove.some((one) => one.trim().toLowerCase() === 'all')) return false;
  if (remove.length === 1) return true;
  throw invalidArgument(
    'remove: "all" cannot be combined with other products.',
    'Pass remove: ["all"], or the products to remove by name.',
  );
}

/** Everything that is assigned directly, without what stays. What comes from a group cannot be taken away here. */
function allBut(
  kept: readonly SubscribedSku[],
  situation: LicenseSituation,
  notes: string[],
): readonly SubscribedSku[] {
  const { holder, names } = situation;
  const known = removable(situation);
  const direct = known.filter(({ skuId }) => holder.direct.some((one) => isSameId(one.skuId, skuId)));
  const inherited = known.filter(
    ({ skuId }) =>
      !direct.some((one) => isSameId(one.skuId, skuId)) && holder.inherited.some((one) => isSameId(one.skuId, skuId)),
  );
  for (const sku of inherited) {
    const groups = groupsOf(sku, situation);
    notes.push(`${skuLabel(sku, names)} stays: it is inherited from ${groups}.`);
  }
  if (direct.length === 0) notes.push('Nothing is assigned directly; nothing to remove.');
  return direct.filter(({ skuId }) => !kept.some((one) => isSameId(one.skuId, skuId)));
}

function groupsOf({ skuId }: SubscribedSku, situation: LicenseSituation): string {
  const through = situation.holder.inherited.filter((one) => isSameId(one.skuId, skuId));
  return through.map(({ groupId }) => groupLabel(groupId, situation)).join(', ');
}

function refuseRepeats(skus: readonly SubscribedSku[], names: LicenseNames): void {
  const repeated = skus.find((sku, index) => skus.findIndex((other) => isSameId(other.skuId, sku.skuId)) !== index);
  if (repeated !== undefined) {
    throw invalidArgument(
      `${skuLabel(repeated, names)} is named more than once.`,
      'Name each product once, in add or in remove; to change its disabled_plans it only has to be in add.',
    );
  }
}

function planAddition(
  sku: SubscribedSku,
  disabledPlans: readonly string[] | undefined,
  situation: LicenseSituation,
  notes: string[],
): PlannedAddition[] {
  const { holder, names } = situation;
  const label = skuLabel(sku, names);
  const direct = holder.direct.find(({ skuId }) => isSameId(skuId, sku.skuId));
  const disabledBefore = direct?.disabledPlans ?? [];
  if (direct !== undefined && (disabledPlans === undefined || isSameSet(disabledPlans, disabledBefore))) {
    notes.push(`${label} is already assigned with the same service plans; nothing to send for it.`);
    return [];
  }
  const through = holder.inherited.filter(({ skuId }) => isSameId(skuId, sku.skuId));
  if (through.length > 0) {
    const groups = groupsOf(sku, situation);
    notes.push(
      `${label} is already inherited from ${groups}. A direct assignment adds to it and takes no further unit; service plans that the group enables stay enabled.`,
    );
  }
  checkAssignable(sku, label);
  if (direct === undefined && through.length === 0) checkUnits(sku, label);
  return [{ sku, disabledPlans: disabledPlans ?? [], ...(direct === undefined ? {} : { disabledBefore }) }];
}

function checkAssignable(sku: SubscribedSku, label: string): void {
  if (sku.appliesTo && sku.appliesTo !== 'User') {
    throw invalidArgument(
      `${label} applies to the whole company (appliesTo ${quoted(sku.appliesTo)}), so it cannot be assigned.`,
      'Choose a product whose appliesTo is User; graph_query /subscribedSkus shows it.',
    );
  }
  if (sku.capabilityStatus && !['Enabled', 'Warning'].includes(sku.capabilityStatus)) {
    throw new AppError(
      'conflict',
      `The subscription to ${label} is ${quoted(sku.capabilityStatus)}: it cannot be assigned.`,
      {
        hint: 'Renew the subscription in the Microsoft 365 admin center (Billing > Your products), or assign another product.',
      },
    );
  }
}

function checkUnits(sku: SubscribedSku, label: string): void {
  if (availableUnits(sku) > 0) return;
  const { enabled, warning } = sku.prepaidUnits ?? {};
  const units = { enabled: enabled ?? 0, warning: warning ?? 0, consumed: sku.consumedUnits ?? 0 };
  throw new AppError(
    'conflict',
    `No unit of ${label} is left: ${units.consumed} of ${units.enabled + units.warning} are in use.`,
    {
      hint: 'Buy more units in the Microsoft 365 admin center, or free one with assign_license and remove on someone who does not need it.',
      detail: { sku_id: sku.skuId, ...units },
    },
  );
}

/** Products that are assigned can be taken away also when their subscription is gone. */
function removable({ holder, tenantSkus, names }: LicenseSituation): readonly SubscribedSku[] {
  const orphans = [...holder.direct, ...holder.inherited]
    .filter(({ skuId }) => !tenantSkus.some((sku) => isSameId(sku.skuId, skuId)))
    .map(({ skuId }) => ({ skuId, skuPartNumber: names.productPartNumber(skuId) ?? skuId }));
  return [...tenantSkus, ...new Map(orphans.map((sku) => [sku.skuId.toLowerCase(), sku])).values()];
}

function isRemovable(sku: SubscribedSku, situation: LicenseSituation, notes: string[]): boolean {
  const { holder, names } = situation;
  const label = skuLabel(sku, names);
  const through = holder.inherited.filter(({ skuId }) => isSameId(skuId, sku.skuId));
  const isDirect = holder.direct.some(({ skuId }) => isSameId(skuId, sku.skuId));
  const groups = groupsOf(sku, situation);
  if (!isDirect && through.length > 0) {
    throw new AppError(
      'conflict',
      `${label} is inherited from ${groups}: it cannot be removed from the user directly.`,
      {
        hint: `Take the user out of the group (graph_write DELETE ${quoted(`/groups/${through[0]?.groupId}/members/${holder.id}/$ref`)}), or remove the product from the group (assign_license with group).`,
        detail: { inherited_from: through.map(({ groupId }) => groupId) },
      },
    );
  }
  if (!isDirect) {
    notes.push(`${label} was not assigned; nothing to remove.`);
    return false;
  }
  if (through.length > 0) notes.push(`${label} stays in effect, since it is also inherited from ${groups}.`);
  return true;
}

function groupLabel(groupId: string, { groupNames }: LicenseSituation): string {
  const name = groupNames.get(groupId);
  return name === undefined ? `the group ${quoted(groupId)}` : `the group ${quoted(name)} (${quoted(groupId)})`;
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => isSameId(one, other)));
}

/** The tenant's products as they are once a change has been made: what one user takes, the next one does not find. */
export function afterChange(
  skus: readonly SubscribedSku[],
  change: LicenseChange,
  holder: LicenseHolder,
): readonly SubscribedSku[] {
  const holds = (skuId: string) => holder.inherited.some((one) => isSameId(one.skuId, skuId));
  const taken = change.additions.filter(({ sku, disabledBefore }) => disabledBefore === undefined && !holds(sku.skuId));
  return skus.map((sku) => {
    const isTaken = taken.some((one) => isSameId(one.sku.skuId, sku.skuId));
    return isTaken ? { ...sku, consumedUnits: (sku.consumedUnits ?? 0) + 1 } : sku;
  });
}
