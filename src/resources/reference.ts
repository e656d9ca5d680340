import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConnectionScope } from '../core/record/connection.ts';
import type { CategoryHabits } from '../core/workspace-connections/categories.ts';
import { defineResource } from './define-resource.ts';

/** A table that Tenantry works with, as data: the same for everybody. Loaded when it is read. */
interface Topic {
  /** For people who pick it from a list. */
  readonly title: string;
  read(): Promise<unknown>;
}

/** By name, in the order in which they are listed. */
export const topics: Readonly<Record<string, Topic>> = {
  errors: {
    title: 'Error codes and what they mean',
    async read() {
      const { errorMeanings } = await import('../core/base/error-answer.ts');
      return { codes: errorMeanings };
    },
  },
  sign_in: {
    title: 'Kinds of sign-in and what each needs',
    async read() {
      const { authRequirements } = await import('../core/record/requirements.ts');
      return { auth_types: authRequirements };
    },
  },
  sign_in_errors: {
    title: 'AADSTS codes and what to fix',
    async read() {
      const { signInErrors } = await import('../core/auth/aadsts.ts');
      return { aadsts: signInErrors };
    },
  },
  graph_permissions: {
    title: 'Microsoft Graph permissions by purpose',
    async read() {
      const { graphRoleNeeds } = await import('../core/connections/checks/graph-roles.ts');
      return { needs: graphRoleNeeds.map(({ purpose, access, anyOf }) => ({ purpose, access, any_of: anyOf })) };
    },
  },
  graph_operations: {
    title: 'Everyday operations of Microsoft Graph and their least permissions',
    async read() {
      const { loadGraphCatalog } = await import('../core/apis/graph/catalog/load-catalog.ts');
      const { describeEveryday } = await import('../core/apis/graph/describe/describe-search.ts');
      const catalog = await loadGraphCatalog();
      return { source: catalog.source, operations: describeEveryday(catalog) };
    },
  },
  azure_roles: {
    title: 'Azure roles by scope of a connection',
    async read() {
      const { roleNeedsOf } = await import('../core/connections/checks/role-needs.ts');
      const { connectionScopes } = await import('../core/record/connection.ts');
      const needsOf = (scope: ConnectionScope) =>
        roleNeedsOf([scope]).map(({ purpose, anyOf }) => ({ purpose, any_of: anyOf }));
      return { scopes: connectionScopes.map((scope) => ({ scope, needs: needsOf(scope) })) };
    },
  },
  linked_services: {
    title: 'Linked services: resource types, hosts and audiences',
    async read() {
      const { serviceKinds } = await import('../core/linked-services/service-kinds.ts');
      const { builtInClouds, dataPlaneAudience } = await import('../core/base/clouds.ts');
      const clouds = Object.values(builtInClouds);
      return {
        services: Object.entries(serviceKinds).map(([kind, { type, plane }]) => ({
          kind,
          type,
          clouds: clouds.map((cloud) =>
            withoutUndefined({
              cloud: cloud.name,
              host: cloud.dataPlane[plane],
              audience: dataPlaneAudience(cloud, plane),
            }),
          ),
        })),
      };
    },
  },
  workspace_connections: {
    title: 'Connections of ML workspaces: auth types and categories',
    async read() {
      const { authVariants } = await import('../core/workspace-connections/auth-variants.ts');
      const { categories, habitsOf } = await import('../core/workspace-connections/categories.ts');
      return {
        auth_types: authVariants,
        categories: categories.map((category) => ({ category, ...describeHabits(habitsOf(category)) })),
      };
    },
  },
  service_connections: {
    title: 'Azure DevOps service connections: schemes and credentials',
    async read() {
      const { conversion, credentialRules, testableSchemes } = await import(
        '../core/service-connections/credential-rules.ts'
      );
      return {
        credentials: Object.values(credentialRules).map(({ words, schemes, levels, takesGroup, fields }) => ({
          credential: words,
          schemes,
          scope_levels: levels,
          takes_resource_group: takesGroup,
          arguments: fields,
        })),
        converts: conversion,
        verifies: testableSchemes,
      };
    },
  },
  graph_limits: {
    title: 'Published limits of Microsoft Graph',
    async read() {
      const budgets = await import('../core/apis/graph/limits/budgets.ts');
      return { budgets: Object.values(budgets) };
    },
  },
  clouds: {
    title: 'Clouds and their hosts',
    async read() {
      const { builtInClouds } = await import('../core/base/clouds.ts');
      return {
        clouds: Object.values(builtInClouds).map(({ name, login, graph, resourceManager, devops }) => ({
          name,
          login,
          graph,
          resource_manager: resourceManager,
          devops,
        })),
      };
    },
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
  variables: { topic: 'topic' },
  async read({ topic = '' }) {
    return Object.hasOwn(topics, topic) ? topics[topic]?.read() : undefined;
  },
});
