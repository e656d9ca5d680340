import { defineResource } from './define-resource.ts';

/** What Tenantry itself goes by, as data. Each topic is loaded when it is read. */
const topics: Readonly<Record<string, () => Promise<unknown>>> = {
  async errors() {
    const { errorMeanings } = await import('../core/error-meanings.ts');
    return { codes: errorMeanings };
  },
  async sign_in() {
    const { authRequirements } = await import('../core/connections/connection-requirements.ts');
    return { auth_types: authRequirements };
  },
  async azure_roles() {
    const { roleNeedsOf } = await import('../core/connections/checks/role-needs.ts');
    const { connectionScopes } = await import('../core/connections/connection.ts');
    return { scopes: connectionScopes.map((scope) => ({ scope, needs: roleNeedsOf([scope]).map(describeNeed) })) };
  },
  async graph_limits() {
    const budgets = await import('../core/apis/graph/limits/budgets.ts');
    return { budgets: Object.values(budgets) };
  },
};

function describeNeed({ purpose, anyOf }: { readonly purpose: string; readonly anyOf: readonly unknown[] }) {
  return { purpose, any_of: anyOf };
}

export const referenceResource = defineResource({
  name: 'reference',
  title: 'Reference',
  description: `What Tenantry goes by, as data. Topics: ${Object.keys(topics).join(', ')}.`,
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
