import type { ApiRequest } from '../../core/http/api-client.ts';
import { loadLicenseNames } from '../../core/licensing/license-names.ts';
import {
  groupHolderSelect,
  type LicenseHolder,
  parseHolder,
  subscribedSkusSchema,
  userHolderSelect,
} from '../../core/licensing/licenses.ts';
import type { LicenseSituation } from '../../core/licensing/plan-license-change.ts';
import type { ConnectionToolContext } from '../define-tool.ts';

/** Whose licences change: id or user principal name of a user, id of a group. */
export interface HolderReference {
  readonly kind: LicenseHolder['kind'];
  readonly key: string;
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
  const holder = parseHolder(reference.kind, holderAnswer.body);
  const tenantSkus = subscribedSkusSchema.parse(skusAnswer.body).value;
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

/** Names make explanations readable; without the permission to read groups their ids have to do. */
async function fetchGroupNames(
  { inherited }: LicenseHolder,
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
  return new Map(responses.flatMap(({ id, body }) => (isNamed(body) ? [[id, body.displayName] as const] : [])));
}

function isNamed(body: unknown): body is { readonly displayName: string } {
  return typeof body === 'object' && body !== null && 'displayName' in body && typeof body.displayName === 'string';
}
