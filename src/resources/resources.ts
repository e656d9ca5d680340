import { withoutUndefined } from '../core/base/without-undefined.ts';
import { viewConnection, viewDamaged } from '../core/connections/connection-view.ts';
import type { ConnectionRecord, ConnectionScope } from '../core/record/connection.ts';
import type { CategoryHabits } from '../core/workspace-connections/categories.ts';
import {
  defineResource,
  type FixedResource,
  type ResourceContext,
  type TemplateResource,
  TextContents,
} from './define-resource.ts';

const connectionsResource = defineResource({
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
        ...records.map(({ name, cloud, access, status, health, scopes, identity: { tenant_id } }) => {
          const uri = `tenantry://connections/${name}`;
          return withoutUndefined({ name, uri, cloud, access, status, health, scopes, tenant_id });
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
    async read({ name }, context) {
      const record = await context.connections.find(name ?? '', context.caller);
      return record && read(record, context);
    },
    async complete(_, { connections, caller }) {
      return (await connections.list(caller)).map((record) => record.name);
    },
  });
}

const connectionResource = aboutConnection(
  {
    name: 'connection',
    title: 'Connection',
    description: 'One connection: identity, settings, health, the last checks, fingerprints and ages of its secrets.',
    path: 'connections',
  },
  (record, { clock }) => viewConnection(record, clock),
);

export const checklistResource = aboutConnection(
  {
    name: 'checklist',
    title: 'Setup checklist',
    description:
      'The setup of one connection, step by step, from its record and last checks: what is done, what is open, and how to do it.',
    path: 'checklist',
  },
  async (record) => {
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
  async (record, { limits }) => {
    const snapshot = await limits();
    // Keys consist of base address, app and tenant, unless the operator sets one.
    const own = record.settings.rate_limit_key ?? record.identity.client_id ?? record.id;
    const mine = ({ key }: { readonly key: string }) => key.includes(own);
    return {
      connection: record.name,
      lanes: (snapshot?.lanes ?? []).filter(mine).map(({ key: _key, ...lane }) => lane),
      budgets: (snapshot?.budgets ?? []).filter(mine).map(({ key: _key, ...budget }) => budget),
    };
  },
);

/** Size of one part of a stored result: well below the limit of a stdio message. */
const partBytes = 256 * 1024;

const resultResource = defineResource({
  name: 'result',
  title: 'Stored result',
  description: 'A list that was too long for one answer, in parts; `next` is the address of the next part.',
  mimeType: 'application/json',
  uriTemplate: 'tenantry://results/{id}{?offset}',
  pattern: /^tenantry:\/\/results\/(?<id>[A-Za-z0-9_-]{16})(?:\?offset=(?<offset>\d{1,9}))?$/,
  async read({ id, offset }, { results, caller }) {
    const part = await results.read(id ?? '', caller, Number(offset ?? 0), partBytes);
    if (!part) return undefined;
    const next = part.position + part.items.length;
    return {
      count: part.items.length,
      total: part.result.items,
      offset: part.position,
      value: part.items,
      ...(next < part.result.items ? { next: `tenantry://results/${id}?offset=${next}` } : {}),
      // The cursor of the answer, not this resource, leads to what is left at the service.
      complete: part.result.then === undefined && part.result.isPart !== true,
    };
  },
});

/** The same of a list that is a table. The parts, one after the other, are the table: only the first has the header. */
const tableResource = defineResource({
  name: 'table',
  title: 'Stored table',
  description:
    'A list that was too long for one answer, as CSV, in parts: `offset` is the number of rows before. `_meta` of the contents has the address of the next part.',
  mimeType: 'text/csv',
  uriTemplate: 'tenantry://results/{id}.csv{?offset}',
  pattern: /^tenantry:\/\/results\/(?<id>[A-Za-z0-9_-]{16})\.csv(?:\?offset=(?<offset>\d{1,9}))?$/,
  async read({ id, offset }, { results, caller }) {
    const part = await results.read(id ?? '', caller, Number(offset ?? 0), partBytes);
    if (part?.result.columns === undefined) return undefined;
    const { createCsvWriter } = await import('../core/results/csv.ts');
    const { items, position, result } = part;
    const writer = await createCsvWriter(part.result.columns);
    const next = position + items.length;
    return new TextContents(`${position === 0 ? writer.header : ''}${writer.rows(items)}`, {
      'tenantry/offset': position,
      'tenantry/count': items.length,
      'tenantry/total': result.items,
      ...(next < result.items ? { 'tenantry/next': `tenantry://results/${id}.csv?offset=${next}` } : {}),
      'tenantry/complete': result.then === undefined && result.isPart !== true,
    });
  },
});

/** The tables that Tenantry works with, as data. Each topic is loaded when it is read. */
const topics: Readonly<Record<string, () => Promise<unknown>>> = {
  async errors() {
    const { errorMeanings } = await import('../core/base/error-answer.ts');
    return { codes: errorMeanings };
  },
  async sign_in() {
    const { authRequirements } = await import('../core/record/connection.ts');
    return { auth_types: authRequirements };
  },
  async azure_roles() {
    const { roleNeedsOf } = await import('../core/connections/checks/role-needs.ts');
    const { connectionScopes } = await import('../core/record/connection.ts');
    const needsOf = (scope: ConnectionScope) =>
      roleNeedsOf([scope]).map(({ purpose, anyOf }) => ({ purpose, any_of: anyOf }));
    return { scopes: connectionScopes.map((scope) => ({ scope, needs: needsOf(scope) })) };
  },
  async workspace_connections() {
    const { authVariants } = await import('../core/workspace-connections/auth-variants.ts');
    const { categories, habitsOf } = await import('../core/workspace-connections/categories.ts');
    return {
      auth_types: authVariants,
      categories: categories.map((category) => ({ category, ...describeHabits(habitsOf(category)) })),
    };
  },
  async sign_in_errors() {
    const { signInErrors } = await import('../core/auth/aadsts.ts');
    return { aadsts: signInErrors };
  },
  async graph_limits() {
    const budgets = await import('../core/apis/graph/limits/budgets.ts');
    return { budgets: Object.values(budgets) };
  },
};

/** The usual auth types and metadata of a category, where they are known. */
function describeHabits(habits: CategoryHabits | undefined) {
  return withoutUndefined({ auth_types: habits?.authTypes, metadata: habits?.metadata });
}

export const referenceResource = defineResource({
  name: 'reference',
  title: 'Reference',
  description: `The tables that Tenantry works with, as data. Topics: ${Object.keys(topics).join(', ')}.`,
  mimeType: 'application/json',
  uriTemplate: 'tenantry://reference/{topic}',
  pattern: /^tenantry:\/\/reference\/(?<topic>[a-z_]{1,40})$/,
  async read({ topic = '' }) {
    return Object.hasOwn(topics, topic) ? topics[topic]?.() : undefined;
  },
  async complete() {
    return Object.keys(topics);
  },
});

export const fixedResources: readonly FixedResource[] = [connectionsResource];
export const templateResources: readonly TemplateResource[] = [
  connectionResource,
  checklistResource,
  resultResource,
  tableResource,
  limitsResource,
  referenceResource,
];
