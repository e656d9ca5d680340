import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { GraphApi } from '../apis/graph/graph-api.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { isRecord, member, textOf } from '../base/guards.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { parseHolder } from '../licensing/licenses.ts';
import { shownBody } from '../named-secrets/shown-body.ts';
import type { Look, Values, WriteAnswer } from './receipt.ts';

/** What a look saw. */
export interface Seen {
  /** Absent where the state cannot be read. */
  readonly values?: Values;
  /** Status of the answer; 0 where there was none. */
  readonly status: number;
}

/** Reads all of them in Microsoft Graph at once, as a dry run does. In the order of the looks; never throws for one. */
export async function seeGraph(
  looks: readonly Look[],
  { graph }: { readonly graph: GraphApi },
  call: CallContext,
): Promise<readonly Seen[]> {
  if (looks.length === 0) return [];
  const items = looks.map(({ path, params }, index) =>
    withoutUndefined({ id: String(index + 1), method: 'GET' as const, url: path, params }),
  );
  const { responses } = await graph.batch(items, { continueOnError: true }, call);
  return looks.map((look, index) => seen('graph', look, responses[index] ?? { status: 0 }));
}

/** Statuses that say something about the state, besides the object itself. */
const tellingStatuses = [400, 403, 404, 405, 409];

/** The same for one object of Azure. */
export async function seeArm(look: Look, { arm }: { readonly arm: ArmApi }, call: CallContext): Promise<Seen> {
  const { path, params, apiVersion } = look;
  const version = apiVersion === undefined ? {} : { apiVersion, versionIsAsked: true };
  const request = { method: 'GET' as const, path, ...withoutUndefined({ params }), ...version };
  return seen('arm', look, await arm.send({ ...request, expectedStatuses: tellingStatuses }, call));
}

function seen(api: 'graph' | 'arm', look: Look, answer: WriteAnswer): Seen {
  const { status } = answer;
  // Whatever the operator lets answers show: a receipt holds no secrets.
  const body = shownBody({ api, method: 'PATCH', path: look.path, body: answer.body });
  const values = valuesOf(look, { status, body });
  return values === undefined ? { status } : { status, values };
}

/** Undefined where the answer does not tell. */
function valuesOf({ kind, path }: Look, answer: WriteAnswer): Values | undefined {
  const { status, body } = answer;
  const isFound = status >= 200 && status < 300;
  if (kind === 'presence' || kind === 'reference') {
    if (!isFound && status !== 404) return undefined;
    return kind === 'presence' ? { exists: isFound } : { id: isFound ? textOf(member(body, 'id')) : null };
  }
  return isFound && isRecord(body) ? foundValues(kind, path, { status, body }) : undefined;
}

function foundValues(
  kind: Exclude<Look['kind'], 'presence' | 'reference'>,
  path: string,
  answer: WriteAnswer & { readonly body: Values },
): Values | undefined {
  const { value, properties } = answer.body;
  switch (kind) {
    case 'members':
    case 'whole':
      return answer.body;
    case 'member':
      return Array.isArray(value) ? { member: value.length > 0 } : undefined;
    case 'tags':
      return { tags: member(properties, 'tags') ?? {} };
    case 'licenses':
      return licensesOf(path, answer);
  }
}

/** Switched-off plans by product, of what is assigned directly. */
function licensesOf(path: string, answer: WriteAnswer): Values | undefined {
  try {
    const { direct } = parseHolder(/\/groups\//i.test(path) ? 'group' : 'user', {
      status: answer.status,
      body: answer.body,
    });
    return Object.fromEntries(
      direct.map(({ skuId, disabledPlans }) => [skuId.toLowerCase(), plans(disabledPlans ?? [])]),
    );
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** A set of service plans in a form that can be compared. */
export function plans(ids: readonly string[]): readonly string[] {
  return ids.map((id) => id.toLowerCase()).toSorted();
}
