import { counted } from '../../core/base/counted.ts';
import { errorBody, shortErrorBody } from '../../core/base/error-answer.ts';
import { AppError, invalidArgument } from '../../core/base/errors.ts';
import { isRecord, textOf } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { BatchItemResult } from '../../core/http/batch/batch-item.ts';
import { explainLicenseRefusal } from '../../core/licensing/explain-license-refusal.ts';
import { loadLicenseNames } from '../../core/licensing/license-names.ts';
import {
  availableUnits,
  groupHolderSelect,
  isSameId,
  type LicenseHolder,
  parseHolder,
  parseSubscribedSkus,
  userHolderSelect,
} from '../../core/licensing/licenses.ts';
import type { LicenseChange, LicenseSituation } from '../../core/licensing/plan-license-change.ts';
import type { PlannedWrite } from '../../core/policy/guard.ts';
import { planWrite } from '../../core/policy/planned-writes.ts';
import type { GraphWrite } from '../../core/receipts/graph/graph-draft.ts';
import { planGraphUndo } from '../../core/receipts/graph/plan-graph-undo.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import type { ReportEnd, WriteToKeep } from '../keep-receipt.ts';

// What assign_license reads before it decides, and what it sends.

/** Whose licences change: id or user principal name of a user, id of a group. */
export interface HolderReference {
  readonly kind: LicenseHolder['kind'];
  readonly key: string;
}

/** What several users have in common, and each of them, or why it cannot be read. In the order of the keys. */
export interface UsersSituation {
  readonly shared: Omit<LicenseSituation, 'holder'>;
  readonly holders: ReadonlyArray<{ readonly key: string; readonly holder?: LicenseHolder; readonly error?: object }>;
}

type ReadHolder = UsersSituation['holders'][number];

/** A user who was named by id and by principal name is one user. */
function eachOnce(holders: readonly ReadHolder[]): readonly ReadHolder[] {
  return [...new Map(holders.map((one) => [one.holder?.id.toLowerCase() ?? one, one])).values()];
}

/** Reads several users at once; one that cannot be read does not stop the others. */
export async function fetchUsersSituation(
  keys: readonly string[],
  context: ConnectionToolContext,
): Promise<UsersSituation> {
  const { graph, call } = context;
  const items = keys.map((key, index) => {
    const { method, path, params } = holderRequest({ kind: 'user', key });
    return { id: String(index + 1), method, url: path, params: params ?? {} };
  });
  const [answers, skusAnswer, names] = await Promise.all([
    graph.batch(items, { continueOnError: true }, call),
    graph.send({ method: 'GET', path: '/subscribedSkus' }, call),
    loadLicenseNames(),
  ]);
  const holders = eachOnce(answers.responses.map((one, index) => ({ key: keys[index] ?? '', ...readHolder(one) })));
  const inherited = holders.flatMap(({ holder }) => holder?.inherited ?? []);
  const tenantSkus = parseSubscribedSkus(skusAnswer);
  return { shared: { tenantSkus, names, groupNames: await fetchGroupNames({ inherited }, context) }, holders };
}

function readHolder(answer: BatchItemResult): { readonly holder?: LicenseHolder; readonly error?: object } {
  if (!answer.success) return { error: shortErrorBody(answer.error ?? {}) };
  try {
    return { holder: parseHolder('user', { status: answer.status, body: answer.body }) };
  } catch (failure) {
    if (!(failure instanceof AppError)) throw failure;
    return { error: shortErrorBody(errorBody(failure)) };
  }
}

/** Reads the holder, the tenant's subscriptions and the groups that licences come from. */
export async function fetchLicenseSituation(
  reference: HolderReference,
  context: ConnectionToolContext,
): Promise<LicenseSituation> {
  const { graph, call } = context;
  const [holderAnswer, skusAnswer, names] = await Promise.all([
    graph.send(holderRequest(reference), call),
    graph.send({ method: 'GET', path: '/subscribedSkus' }, call),
    loadLicenseNames(),
  ]);
  const holder = parseHolder(reference.kind, holderAnswer);
  const tenantSkus = parseSubscribedSkus(skusAnswer);
  return { holder, tenantSkus, names, groupNames: await fetchGroupNames(holder, context) };
}

function holderRequest({ kind, key }: HolderReference): ApiRequest {
  return kind === 'user'
    ? { method: 'GET', path: userPath(key), params: { $select: userHolderSelect } }
    : { method: 'GET', path: `/groups/${key}`, params: { $select: groupHolderSelect } };
}

/** A name that begins with `$` would be read as an operator: https://learn.microsoft.com/graph/api/user-get */
function userPath(key: string): string {
  return key.startsWith('$') ? `/users('${key.replaceAll("'", "''")}')` : `/users/${key.replaceAll('#', '%23')}`;
}

/** Names make explanations readable; without permission to read groups, their ids are shown. */
async function fetchGroupNames(
  { inherited }: Pick<LicenseHolder, 'inherited'>,
  { graph, call }: ConnectionToolContext,
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(inherited.map(({ groupId }) => groupId))].slice(0, 20);
  if (ids.length === 0) return new Map();
  const items = ids.map((id) => ({
    id,
    method: 'GET' as const,
    url: `/groups/${id}`,
    params: { $select: 'displayName' },
  }));
  const { responses } = await graph.batch(items, { continueOnError: true }, call);
  const named = responses.map(({ id, body }) => [id, isRecord(body) ? textOf(body['displayName']) : ''] as const);
  return new Map(named.filter(([, name]) => name !== ''));
}

export interface PlannedChange {
  readonly situation: LicenseSituation;
  readonly change: LicenseChange;
  /** Set before the assignment; undefined when it is already right. */
  readonly usageLocation: string | undefined;
}

/** The service refuses to assign anything to a user without a country. Throws `invalid_argument`. */
export function usageLocationToSet(
  given: string | undefined,
  { kind, usageLocation: current }: LicenseHolder,
  { additions }: LicenseChange,
): string | undefined {
  const wanted = given?.toUpperCase();
  if (kind === 'user' && additions.length > 0 && wanted === undefined && current === undefined) {
    throw invalidArgument(
      'The user has no usage location, and licences cannot be assigned without one.',
      'Pass usage_location, the two-letter country in which the user works, such as DE.',
    );
  }
  return wanted === current ? undefined : wanted;
}

/** The writes of a change as policy looks at them. */
export function plannedLicenseWrites(
  planned: PlannedChange,
  { graph, cloud }: ConnectionToolContext,
): readonly PlannedWrite[] {
  return licenseRequests(planned).map((request) => {
    const { url, ...prepared } = graph.preview(request);
    return planWrite('graph', cloud.graph, { ...prepared, address: url });
  });
}

/** The writes of a change, in order; empty when there is nothing to do. */
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
    // Assigning the same plans again changes nothing; the service refuses to remove a licence twice.
    ...(removals.length === 0 ? { idempotent: true } : {}),
  };
  const hasChange = additions.length > 0 || removals.length > 0;
  return [...(usageLocation === undefined ? [] : [setLocation]), ...(hasChange ? [assign] : [])];
}

/** What changes of licences may have to give back. */
export function licenseWritesToKeep(
  args: unknown,
  planned: readonly PlannedChange[],
  context: ConnectionToolContext,
): WriteToKeep {
  const writes = planned.flatMap((one) => licenseRequests(one).map((request) => graphWriteOf(request)));
  return {
    tool: 'assign_license',
    undoTool: 'graph_write',
    args,
    requests: writes.map(({ id }) => ({ id, request: id })),
    plan: (call) => planGraphUndo(writes, { ...context, call }),
  };
}

function graphWriteOf(request: ApiRequest): GraphWrite {
  const method = request.method === 'PATCH' ? 'PATCH' : 'POST';
  return { id: stepOf(request), method, endpoint: request.path, body: request.body };
}

/** Method and path: each is sent once in a call. */
function stepOf({ method, path }: ApiRequest): string {
  return `${method} ${path}`;
}

/** Sends the writes; resolves with the status of the last one, 200 when there was none. */
export async function sendLicenseChange(
  planned: PlannedChange,
  report: ReportEnd,
  context: ConnectionToolContext,
): Promise<number> {
  const { graph, call } = context;
  await warnAboutGroupSize(planned, context);
  let status = 200;
  let usageLocationSet: string | undefined;
  for (const request of licenseRequests(planned)) {
    try {
      const response = await graph.send(request, call);
      report(stepOf(request), { answer: response });
      status = response.status === 204 ? 200 : response.status;
    } catch (error) {
      if (error instanceof AppError && error.code === 'outcome_unknown') report(stepOf(request), 'unknown');
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

/** The service accepts a group with more members than units; who gets none shows only later. */
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
        `${quoted(sku.skuPartNumber)} has ${counted(availableUnits(sku), 'unit')} left and the group ${counted(members, 'user')}: some may not get one, unless they have it already.`,
      );
    }
  }
}
