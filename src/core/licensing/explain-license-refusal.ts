import { AppError } from '../base/errors.ts';
import { guidSource } from '../base/guid.ts';
import { quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { LicenseNames } from './license-names.ts';
import { isSameId, type SubscribedSku } from './licenses.ts';

export interface RefusalFacts {
  readonly tenantSkus: readonly SubscribedSku[];
  readonly names: LicenseNames;
  /** Products that the holder has, or would have had. */
  readonly involved: readonly SubscribedSku[];
  /** A usage location that was set before the assignment was refused. */
  readonly usageLocationSet?: string;
}

interface Explanation {
  readonly pattern: RegExp;
  /** `plans` are those that the refusal names, each with the products that bring it. */
  hint(plans: string): string;
}

// All refusals are 400 Request_BadRequest; only the text tells them apart, and it may change: the service's words stay in
// `upstream`. Source: https://learn.microsoft.com/entra/identity/users/licensing-groups-resolve-problems
const explanations: readonly Explanation[] = [
  {
    pattern: /depends on the service plan/i,
    hint: (plans) =>
      `One of these plans needs another one: ${plans}. Take the needed one out of disabled_plans, disable both, or add a product that brings it.`,
  },
  {
    pattern: /mutually exclusive/i,
    hint: (plans) =>
      `These plans exclude each other: ${plans}. Name one of them in disabled_plans, or put one of the products into remove in the same call.`,
  },
  {
    pattern: /does not have any available licenses/i,
    hint: () => 'The last unit was taken in the meantime: buy more units, or free one with remove on someone else.',
  },
  {
    pattern: /invalid usage location/i,
    hint: () =>
      'Pass usage_location, the two-letter country in which the user works, such as DE; some products are not sold everywhere.',
  },
  {
    pattern: /inherited from a group/i,
    hint: () =>
      'Remove the product from the group, or the user from the group; it cannot be removed from the user directly.',
  },
  {
    pattern: /valid company License/i,
    hint: () => 'The subscription has ended since the list was read: look at graph_query /subscribedSkus.',
  },
];

/** The same failure with names instead of ids, and the next step; returns other failures unchanged. */
export function explainLicenseRefusal(error: unknown, facts: RefusalFacts): unknown {
  if (!(error instanceof AppError)) return error;
  const words = `${error.message} ${JSON.stringify(error.upstream?.detail ?? '')}`;
  const explanation = explanations.find(({ pattern }) => pattern.test(words));
  const before =
    facts.usageLocationSet === undefined ? '' : ` The usage location was set to ${facts.usageLocationSet} before that.`;
  if (explanation === undefined && before === '') return error;
  const hint = explanation?.hint(plansIn(words, facts).join('; '));
  return new AppError(
    explanation === undefined ? error.code : 'conflict',
    `${withStop(withNames(error.message, facts))}${before}`,
    withoutUndefined({
      hint: hint ?? error.hint,
      status: error.status,
      retryable: error.retryable,
      retryAfterMs: error.retryAfterMs,
      upstream: error.upstream,
      detail: error.detail,
      cause: error,
    }),
  );
}

function withStop(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

const guids = new RegExp(guidSource, 'g');

/** `SWAY of SPE_E5, SPE_E3`: the plans in a text. Ids of requests have no name and are left out. */
function plansIn(text: string, facts: RefusalFacts): readonly string[] {
  const ids = [...new Set((text.match(guids) ?? []).map((id) => id.toLowerCase()))];
  return ids.flatMap((id) => {
    const name = nameOf(id, facts);
    const products = facts.involved
      .filter(({ servicePlans }) => servicePlans?.some(({ servicePlanId }) => isSameId(servicePlanId, id)))
      .map(({ skuPartNumber }) => skuPartNumber);
    const suffix = products.length === 0 ? '' : ` of ${quoteNames([...new Set(products)])}`;
    return name === undefined ? [] : [`${quoted(name)}${suffix}`];
  });
}

function withNames(text: string, facts: RefusalFacts): string {
  return text.replaceAll(guids, (id) => {
    const name = nameOf(id, facts);
    // The id stands in the service's words, which are in backticks already.
    return name === undefined ? id : `${quoted(name).slice(1, -1)} (${id})`;
  });
}

function nameOf(id: string, { tenantSkus, names }: RefusalFacts): string | undefined {
  const sku = tenantSkus.find(({ skuId }) => isSameId(skuId, id));
  const plan = tenantSkus
    .flatMap(({ servicePlans }) => servicePlans ?? [])
    .find(({ servicePlanId }) => isSameId(servicePlanId, id));
  return sku?.skuPartNumber ?? plan?.servicePlanName ?? names.planName(id) ?? names.productPartNumber(id);
}
