import { invalidArgument } from '../base/errors.ts';
import { comparable, type LicenseNames } from './license-names.ts';
import { nearest } from './nearest.ts';
import type { ServicePlan, SubscribedSku } from './subscribed-sku.ts';

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

/**
 * Finds the one product of a tenant that `text` names by id, part number or display name. Close is not enough, since the
 * answer is assigned and paid for: an unknown or ambiguous name throws `invalid_argument` with the nearest candidates.
 */
export function resolveSku(text: string, tenantSkus: readonly SubscribedSku[], names: LicenseNames): SubscribedSku {
  const matches = findSkus(text, tenantSkus, names);
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match;
  if (matches.length > 1) {
    throw invalidArgument(
      `"${shown(text)}" means more than one product of this tenant.`,
      `Name one by its id: ${matches.map((sku) => `${sku.skuId} (${skuLabel(sku, names)})`).join(', ')}.`,
    );
  }
  const labels = new Map(tenantSkus.map((sku) => [skuLabel(sku, names), labelsOf(sku, names)]));
  const candidates = nearest(text, labels, 5);
  const known = describeKnown(text, names);
  throw invalidArgument(
    known === undefined
      ? `No product of this tenant is called "${shown(text)}".`
      : `This tenant has no subscription to ${known}, so it cannot be assigned.`,
    candidates.length === 0
      ? 'This tenant has no subscriptions that could be assigned; see graph_query /subscribedSkus.'
      : `Nearest in this tenant: ${candidates.join('; ')}. All of them: graph_query /subscribedSkus.`,
  );
}

function findSkus(text: string, tenantSkus: readonly SubscribedSku[], names: LicenseNames): readonly SubscribedSku[] {
  if (isGuid(text)) return tenantSkus.filter((sku) => sku.skuId.toLowerCase() === text.toLowerCase());
  // A part number is what the service itself calls the product, so it wins over a title that reads the same.
  return firstMatches(text, tenantSkus, [(sku) => [sku.skuPartNumber], (sku) => names.productTitles(sku.skuId)]);
}

/**
 * The candidates with the best kind of match: a name as written apart from case, before one that differs in spaces and
 * punctuation (`MCOPSTN5` and `MCOPSTN_5` are two products); an earlier kind of name before a later one.
 */
function firstMatches<Candidate>(
  text: string,
  candidates: readonly Candidate[],
  kinds: ReadonlyArray<(candidate: Candidate) => readonly string[]>,
): readonly Candidate[] {
  if (comparable(text) === '') return [];
  for (const normal of [lowerCase, comparable]) {
    for (const namesOf of kinds) {
      const matches = candidates.filter((candidate) =>
        namesOf(candidate).some((name) => normal(name) === normal(text)),
      );
      if (matches.length > 0) return matches;
    }
  }
  return [];
}

function lowerCase(text: string): string {
  return text.trim().toLowerCase();
}

/** How a product is shown: `SPE_E5 "Microsoft 365 E5"`. */
export function skuLabel(sku: Pick<SubscribedSku, 'skuId' | 'skuPartNumber'>, names: LicenseNames): string {
  const [title] = names.productTitles(sku.skuId);
  return title === undefined ? sku.skuPartNumber : `${sku.skuPartNumber} "${title}"`;
}

function labelsOf(sku: SubscribedSku, names: LicenseNames): readonly string[] {
  return [sku.skuPartNumber, ...names.productTitles(sku.skuId)];
}

function describeKnown(text: string, names: LicenseNames): string | undefined {
  const ids = isGuid(text) ? [text] : names.findProducts(text);
  const labels = ids.flatMap((skuId) => {
    const skuPartNumber = names.productPartNumber(skuId);
    return skuPartNumber === undefined ? [] : [skuLabel({ skuId, skuPartNumber }, names)];
  });
  return labels.length === 0 ? undefined : labels.join(' or ');
}

/** Finds the one service plan of a product by id, name or friendly name, under the same rule as `resolveSku`. */
export function resolvePlan(text: string, sku: SubscribedSku, names: LicenseNames): ServicePlan {
  const plans = sku.servicePlans ?? [];
  const matches = findPlans(text, plans, names);
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match;
  const label = skuLabel(sku, names);
  if (matches.length > 1) {
    throw invalidArgument(
      `"${shown(text)}" means more than one service plan of ${label}.`,
      `Name one by its id: ${matches.map((plan) => `${plan.servicePlanId} (${plan.servicePlanName})`).join(', ')}.`,
    );
  }
  const labels = new Map(plans.map((plan) => [planLabel(plan, names), planTexts(plan, names)]));
  throw invalidArgument(
    `${label} has no service plan "${shown(text)}".`,
    `Nearest plans of it: ${nearest(text, labels, 5).join('; ')}.`,
  );
}

function findPlans(text: string, plans: readonly ServicePlan[], names: LicenseNames): readonly ServicePlan[] {
  if (isGuid(text)) return plans.filter((plan) => plan.servicePlanId.toLowerCase() === text.toLowerCase());
  return firstMatches(text, plans, [
    (plan) => [plan.servicePlanName],
    (plan) => [names.planTitle(plan.servicePlanId) ?? ''],
  ]);
}

/** How a service plan is shown: `EXCHANGE_S_ENTERPRISE "Exchange Online (Plan 2)"`. */
function planLabel(plan: Pick<ServicePlan, 'servicePlanId' | 'servicePlanName'>, names: LicenseNames): string {
  const title = names.planTitle(plan.servicePlanId);
  return title === undefined ? plan.servicePlanName : `${plan.servicePlanName} "${title}"`;
}

function planTexts(plan: ServicePlan, names: LicenseNames): readonly string[] {
  return [plan.servicePlanName, names.planTitle(plan.servicePlanId) ?? ''];
}

/** The caller's own words, short enough for a message. */
function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
