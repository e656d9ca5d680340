import { isRecord } from '../../base/guards.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import { type PolicyRequest, unknownRest } from '../addresses/address.ts';
import type { ConnectionRules } from '../connection-rules.ts';
import type { ObjectNames } from '../object-names.ts';
import { protectionRisks } from '../protected-objects.ts';
import { armRisks } from './arm-risks.ts';
import { devopsRisks } from './devops-risks.ts';
import { deletesObject, graphRisks } from './graph-risks.ts';
import { authority, careful, type Risk } from './risk.ts';

const opaque = authority('code', 'holds requests that cannot be looked into');

/** Most objects of a call that are not many. */
const mostObjects = 50;

export interface RiskOptions {
  readonly rules: Pick<ConnectionRules, 'confirm' | 'protected'>;
  readonly connection: ConnectionRecord;
  readonly names: ObjectNames;
}

/** The writes that need a yes, each with the reasons; those of the whole call stand with every write that they concern. */
export async function requestRisks(
  writes: readonly PolicyRequest[],
  { rules, connection, names }: RiskOptions,
): Promise<ReadonlyMap<PolicyRequest, readonly Risk[]>> {
  if (rules.confirm === 'never' || writes.length === 0) return new Map();
  const guarded = await protectionRisks(writes, { rules: rules.protected, connection }, names);
  const whole = risksOfWhole(writes);
  const entries = writes.map((request) => {
    const risks = [
      ...(request.addresses[0][0] === unknownRest && !request.isImplied ? [opaque] : []),
      ...risksOf(request),
      ...(guarded.get(request) ?? []),
      ...whole.flatMap(({ risk, concerns }) => (concerns(request) ? [risk] : [])),
      ...(rules.confirm === 'always' ? [careful('write', 'changes something, and every change is asked for')] : []),
    ];
    return [request, risks] as const;
  });
  return new Map(entries.filter(([, risks]) => risks.length > 0));
}

function risksOf(request: PolicyRequest): readonly Risk[] {
  switch (request.service) {
    case 'graph':
      return graphRisks(request);
    case 'arm':
      return armRisks(request);
    case 'devops':
      return devopsRisks(request);
  }
}

interface WholeRisk {
  readonly risk: Risk;
  concerns(request: PolicyRequest): boolean;
}

/** Risks that no single request has: several deletions, and many objects. */
function risksOfWhole(writes: readonly PolicyRequest[]): readonly WholeRisk[] {
  const asked = writes.filter(({ isImplied }) => !isImplied);
  const deletions = asked.filter(deletesObject).length;
  const objects = asked.reduce((sum, { body }) => sum + Math.max(1, largestReferenceList(body)), 0);
  return [
    ...(deletions > 1 ? [{ risk: careful('deletion', `deletes ${deletions} objects`), concerns: deletesObject }] : []),
    ...(objects > mostObjects ? [{ risk: careful('bulk', `changes ${objects} objects`), concerns: () => true }] : []),
  ];
}

/** Objects that a body refers to: `members@odata.bind`, the resources of a move, ids of an action. */
function largestReferenceList(body: unknown): number {
  if (!isRecord(body)) return 0;
  const lists = Object.entries(body).map(([name, value]) =>
    Array.isArray(value) && /@odata\.bind$|^(?:ids|resources|\w*userids|members)$/i.test(name) ? value.length : 0,
  );
  return Math.max(0, ...lists);
}
