import type { CategoryHabits } from '../core/workspace-connections/categories.ts';
import { defineResource } from './define-resource.ts';

/** What Tenantry itself goes by, as data. Each topic is loaded when it is read. */
const topics: Readonly<Record<string, () => Promise<unknown>>> = {
  async errors() {
    const { errorMeanings } = await import('../core/base/error-answer.ts');
    return { codes: errorMeanings };
  },
  async sign_in() {
    const { authRequirements } = await import('../core/record/connection-requirements.ts');
    return { auth_types: authRequirements };
  },
  async azure_roles() {
    const { roleNeedsOf } = await import('../core/connections/checks/role-needs.ts');
    const { connectionScopes } = await import('../core/record/connection.ts');
    return { scopes: connectionScopes.map((scope) => ({ scope, needs: roleNeedsOf([scope]).map(describeNeed) })) };
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

/** What is usual with a category; nothing where nothing is known. */
function describeHabits(habits: CategoryHabits | undefined) {
  if (habits === undefined) return {};
  return { auth_types: habits.authTypes, ...(habits.metadata === undefined ? {} : { metadata: habits.metadata }) };
}

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
