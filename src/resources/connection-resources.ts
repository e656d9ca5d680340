import { type Caller, localCaller } from '../core/base/caller.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { linksOf, viewConnection, viewDamaged } from '../core/connections/connection-view.ts';
import { isLimiterKeyOf } from '../core/http/limiter-key.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import { accessOf } from '../core/record/sharing.ts';
import type { BudgetSnapshot, LaneSnapshot } from '../core/throttle/limiter-registry.ts';
import { defineResource, type ResourceContext, type TemplateResource } from './define-resource.ts';

export const connectionsResource = defineResource({
  name: 'connections',
  title: 'Connections',
  description: 'All connections with their status and health. Read one at tenantry://connections/{name}.',
  mimeType: 'application/json',
  uri: 'tenantry://connections',
  async read({ connections, caller }) {
    const records = await connections.list(caller);
    const damaged = await connections.damaged(caller);
    return {
      connections: [
        ...records.map((record) => {
          const { name, cloud, access, status, health, scopes, identity } = record;
          const { tenant_id } = identity;
          const { self: uri, checklist } = linksOf(record, caller);
          return withoutUndefined({ name, uri, checklist, cloud, access, status, health, scopes, tenant_id });
        }),
        ...damaged.map(viewDamaged),
      ],
    };
  },
});

/** A resource about one connection, whose name ends the address. */
function aboutConnection(
  { path, ...words }: Pick<TemplateResource, 'name' | 'title' | 'description'> & { readonly path: string },
  read: (record: ConnectionRecord, context: ResourceContext) => unknown,
): TemplateResource {
  return defineResource({
    ...words,
    mimeType: 'application/json',
    uriTemplate: `tenantry://${path}/{name}`,
    pattern: new RegExp(`^tenantry://${path}/(?<name>[a-z0-9][a-z0-9_-]{1,62})$`),
    variables: { name: 'connection' },
    async read({ name }, context) {
      const record = await context.connections.find(name ?? '', context.caller);
      return record && read(record, context);
    },
  });
}

export const connectionResource = aboutConnection(
  {
    name: 'connection',
    title: 'Connection',
    description: 'One connection: identity, settings, health, the last checks, fingerprints and ages of its secrets.',
    path: 'connections',
  },
  (record, { clock, caller }) => viewConnection(record, clock, caller),
);

export const checklistResource = aboutConnection(
  {
    name: 'checklist',
    title: 'Setup checklist',
    description:
      'The setup of one connection, step by step, from its record and last checks: what is done, what is open, and how to do it.',
    path: 'checklist',
  },
  async (record, { caller }) => {
    if (accessOf(record, caller) !== 'owner') return undefined;
    const { buildChecklist } = await import('../core/connections/checklist/build-checklist.ts');
    return buildChecklist(record);
  },
);

export const limitsResource = aboutConnection(
  {
    name: 'limits',
    title: 'Limits of a connection',
    description:
      'What is left of the published budgets of a connection, how old that figure is, what waits and what is paused.',
    path: 'limits',
  },
  async (record, { limits, caller }) => {
    const snapshot = await limits();
    const mine = ({ key }: { readonly key: string }) => isLimiterKeyOf(key, record);
    const lanes = (snapshot?.lanes ?? []).filter(mine);
    const budgets = (snapshot?.budgets ?? []).filter(mine).map(({ key: _key, ...budget }) => budget);
    return {
      connection: record.name,
      lanes: caller.id === localCaller.id ? lanes.map(wholeLane) : lanes.flatMap((lane) => ownPart(lane, caller)),
      budgets: caller.id === localCaller.id ? budgets : caller.id === record.owner ? budgets.filter(isOfAll) : [],
    };
  },
);

/** What is left has been used by all who share a connection: its owner may know, but not of which mailbox it was. */
function isOfAll({ budget }: Pick<BudgetSnapshot, 'budget'>): boolean {
  return !budget.includes(' ');
}

function wholeLane({ key: _key, owners: _owners, ...lane }: LaneSnapshot) {
  return lane;
}

/** A lane as one of several callers sees it: where it has been itself, with its own requests. */
function ownPart(lane: LaneSnapshot, { id }: Caller) {
  const share = lane.owners.get(id);
  return share === undefined ? [] : { ...wholeLane(lane), ...share };
}
