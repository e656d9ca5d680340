import { distance } from 'fastest-levenshtein';
import { invalidArgument } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { quoted } from '../base/plain-text.ts';
import { comparable, type LicenseNames } from './license-names.ts';
import { isSameId, type ServicePlan, type SubscribedSku } from './licenses.ts';

/**
 * Finds the one product of a tenant that `text` names by id, part number or display name, or by whole words of one that no
 * other product has. Close is not enough, since the answer is assigned and paid for: an unknown or ambiguous name throws
 * `invalid_argument` with the nearest candidates.
 */
export function resolveSku(text: string, tenantSkus: readonly SubscribedSku[], names: LicenseNames): SubscribedSku {
  const matches = findSkus(text, tenantSkus, names);
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match;
  if (matches.length > 1) {
    throw invalidArgument(
      `"${shown(text)}" means more than one product of this tenant.`,
      `Name one by its id: ${matches.map((sku) => `${quoted(sku.skuId)} (${skuLabel(sku, names)})`).join(', ')}.`,
    );
  }
  const labels = new Map(tenantSkus.map((sku) => [skuLabel(sku, names), labelsOf(sku, names)]));
  const candidates = mostAlike(text, labels, 5);
  const known = describeKnown(text, names);
  throw invalidArgument(
    known === undefined
      ? `No product of this tenant is called "${shown(text)}".`
      : `This tenant has no subscription to ${known}, so it cannot be assigned.`,
    candidates.labels.length === 0
      ? 'This tenant has no subscriptions that could be assigned; see graph_query /subscribedSkus.'
      : `${candidates.areNear ? 'Nearest in this tenant' : 'In this tenant there are'}: ${candidates.labels.join('; ')}. All of them: graph_query /subscribedSkus.`,
  );
}

function findSkus(text: string, tenantSkus: readonly SubscribedSku[], names: LicenseNames): readonly SubscribedSku[] {
  if (isGuid(text)) return tenantSkus.filter(({ skuId }) => isSameId(skuId, text));
  // A part number is what the service itself calls the product, so it wins over a title that reads the same.
  const exact = firstMatches(text, tenantSkus, [(sku) => [sku.skuPartNumber], (sku) => names.productTitles(sku.skuId)]);
  // The whole name of a product that the tenant lacks is no part of another one's.
  if (exact.length > 0 || names.findProducts(text).length > 0) return exact;
  return tenantSkus.filter((sku) => labelsOf(sku, names).some((name) => hasWords(name, text)));
}

/** Whether a name has the words of a text, whole and in their order: `E5` in `SPE_E5` and in `Microsoft 365 E5`. */
function hasWords(name: string, text: string): boolean {
  const [wanted, theirs] = [words(text), words(name)];
  return wanted.length > 0 && theirs.some((_, start) => wanted.every((word, index) => theirs[start + index] === word));
}

/** What a text was read as, where it is only a part of the name; undefined for an id or a whole name. */
export function readAs(text: string, sku: SubscribedSku, names: LicenseNames): string | undefined {
  const isWhole = isGuid(text) || labelsOf(sku, names).some((name) => comparable(name) === comparable(text));
  return isWhole ? undefined : `"${shown(text)}" was read as ${skuLabel(sku, names)}.`;
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

/** How a product is shown: its part number, which the service names, in backticks, and its title as we know it. */
export function skuLabel(sku: Pick<SubscribedSku, 'skuId' | 'skuPartNumber'>, names: LicenseNames): string {
  const [title] = names.productTitles(sku.skuId);
  return title === undefined ? quoted(sku.skuPartNumber) : `${quoted(sku.skuPartNumber)} "${title}"`;
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
      `Name one by its id: ${matches.map((plan) => `${quoted(plan.servicePlanId)} (${quoted(plan.servicePlanName)})`).join(', ')}.`,
    );
  }
  const labels = new Map(plans.map((plan) => [planLabel(plan, names), planTexts(plan, names)]));
  const near = mostAlike(text, labels, 5);
  throw invalidArgument(
    `${label} has no service plan "${shown(text)}".`,
    plans.length === 0
      ? 'The service names no plans of it: leave disabled_plans out.'
      : `${near.areNear ? 'Nearest plans of it' : 'Some of its plans'}: ${near.labels.join('; ')}.`,
  );
}

function findPlans(text: string, plans: readonly ServicePlan[], names: LicenseNames): readonly ServicePlan[] {
  if (isGuid(text)) return plans.filter(({ servicePlanId }) => isSameId(servicePlanId, text));
  const exact = firstMatches(text, plans, [
    (plan) => [plan.servicePlanName],
    (plan) => [names.planTitle(plan.servicePlanId) ?? ''],
  ]);
  return exact.length > 0 ? exact : plans.filter((plan) => planTexts(plan, names).some((name) => hasWords(name, text)));
}

/** How a service plan is shown, in the same way. */
function planLabel(plan: Pick<ServicePlan, 'servicePlanId' | 'servicePlanName'>, names: LicenseNames): string {
  const title = names.planTitle(plan.servicePlanId);
  return title === undefined ? quoted(plan.servicePlanName) : `${quoted(plan.servicePlanName)} "${title}"`;
}

function planTexts(plan: ServicePlan, names: LicenseNames): readonly string[] {
  return [plan.servicePlanName, names.planTitle(plan.servicePlanId) ?? ''];
}

/** The caller's own words, short enough for a message. */
function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

interface Alike {
  readonly labels: readonly string[];
  /** Whether the best of them reads like what was asked for at all. */
  readonly areNear: boolean;
}

/** Below it, what two texts share is chance. */
const leastLikeness = 0.5;

/**
 * The labels that read most like `text`, best first. Each label stands for several texts (part number, titles): the best
 * of them counts. Words that occur as a whole weigh more than letters, so that "E5" leads to "Microsoft 365 E5".
 */
function mostAlike(text: string, labels: ReadonlyMap<string, readonly string[]>, count: number): Alike {
  const wanted = text.slice(0, 200);
  const scored = [...labels].map(([label, texts]) => ({
    label,
    score: Math.max(0, ...texts.map((one) => likeness(wanted, one))),
  }));
  const sorted = scored.toSorted((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1));
  return {
    labels: sorted.slice(0, count).map(({ label }) => label),
    areNear: (sorted[0]?.score ?? 0) >= leastLikeness,
  };
}

/** 0 for nothing in common, up to 2 for the same words. */
function likeness(a: string, b: string): number {
  const [left, right] = [comparable(a), comparable(b)];
  const longest = Math.max(left.length, right.length);
  if (longest === 0) return 0;
  const wantedWords = words(a);
  const theirs = new Set(words(b));
  const shared = wantedWords.filter((word) => theirs.has(word)).length;
  return 1 - distance(left, right) / longest + shared / Math.max(1, wantedWords.length);
}

function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
