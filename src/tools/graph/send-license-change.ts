import type { ApiRequest } from '../../core/http/api-client.ts';
import { explainLicenseRefusal } from '../../core/licensing/explain-license-refusal.ts';
import { availableUnits, isSameId } from '../../core/licensing/licenses.ts';
import type { LicenseChange, LicenseSituation } from '../../core/licensing/plan-license-change.ts';
import type { ConnectionToolContext } from '../define-tool.ts';

export interface PlannedChange {
  readonly situation: LicenseSituation;
  readonly change: LicenseChange;
  /** To be set before the assignment; undefined when it is right already. */
  readonly usageLocation: string | undefined;
}

/** The writes of a change in their order; none when there is nothing to do. */
export function licenseRequests({
  situation: { holder },
  change,
  usageLocation,
}: PlannedChange): readonly ApiRequest[] {
  const { additions, removals } = change;
  const path = `/${holder.kind}s/${holder.id}`;
  const setLocation: ApiRequest = { method: 'PATCH', path, body: { usageLocation } };
  const assign: ApiRequest = {
    method: 'POST',
    path: `${path}/assignLicense`,
    // Both lists are required, also when one is empty: https://learn.microsoft.com/graph/api/user-assignlicense
    body: {
      addLicenses: additions.map(({ sku, disabledPlans }) => ({ skuId: sku.skuId, disabledPlans })),
      removeLicenses: removals.map(({ skuId }) => skuId),
    },
    // Assigning the same plans again changes nothing; removing again is refused by the service.
    ...(removals.length === 0 ? { idempotent: true } : {}),
  };
  const hasChange = additions.length > 0 || removals.length > 0;
  return [...(usageLocation === undefined ? [] : [setLocation]), ...(hasChange ? [assign] : [])];
}

/** Sends the writes; resolves with the status of the last one, 200 when there was none. */
export async function sendLicenseChange(planned: PlannedChange, context: ConnectionToolContext): Promise<number> {
  const { graph, call } = context;
  await warnAboutGroupSize(planned, context);
  let status = 200;
  let usageLocationSet: string | undefined;
  for (const request of licenseRequests(planned)) {
    try {
      const response = await graph.send(request, call);
      status = response.status === 204 ? 200 : response.status;
    } catch (error) {
      throw explainLicenseRefusal(error, factsOf(planned, usageLocationSet));
    }
    usageLocationSet ??= request.method === 'PATCH' ? planned.usageLocation : undefined;
  }
  return status;
}

function factsOf({ situation, change }: PlannedChange, usageLocationSet: string | undefined) {
  const { holder, tenantSkus, names } = situation;
  const held = tenantSkus.filter(({ skuId }) =>
    [...holder.direct, ...holder.inherited].some((license) => isSameId(license.skuId, skuId)),
  );
  const involved = [...held, ...change.additions.map(({ sku }) => sku)];
  return { tenantSkus, names, involved, ...(usageLocationSet === undefined ? {} : { usageLocationSet }) };
}

/** A group with more members than units is accepted by the service; who gets none shows up only later. */
async function warnAboutGroupSize(
  { situation: { holder }, change }: PlannedChange,
  { graph, call }: ConnectionToolContext,
): Promise<void> {
  const fresh = change.additions.filter(({ disabledBefore }) => disabledBefore === undefined);
  if (holder.kind !== 'group' || fresh.length === 0) return;
  const path = `/groups/${holder.id}/members/microsoft.graph.user/$count`;
  const { status, body } = await graph.send({ method: 'GET', path, expectedStatuses: [400, 403, 404] }, call);
  const members = status === 200 ? Number(body) : 0;
  for (const { sku } of fresh) {
    if (availableUnits(sku) < members) {
      call.note(
        `${sku.skuPartNumber} has ${availableUnits(sku)} units left and the group ${members} users: some may get none, unless they have it already.`,
      );
    }
  }
}
