import { parseArmPath } from '../arm-path.ts';
import type { ArmHintRule } from './arm-hint-rule.ts';

/** Input, versions and registration. https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors */
export const requestHints: readonly ArmHintRule[] = [
  {
    code: 'MissingSubscriptionRegistration',
    reading: ({ part, path }) => {
      const namespace = /namespace '([^']+)'/.exec(part.message)?.[1] ?? part.target ?? parseArmPath(path).namespace;
      const { subscriptionId } = parseArmPath(path);
      const route = `POST /subscriptions/${subscriptionId ?? '{subscription}'}/providers/${namespace}/register`;
      return {
        code: 'conflict',
        hint: `Register the provider, then call again: ${route}, or az provider register --namespace ${namespace} --wait.`,
      };
    },
  },
  {
    code: [
      'NoRegisteredProviderFound',
      'InvalidApiVersionParameter',
      'MissingApiVersionParameter',
      'UnsupportedApiVersion',
      'InvalidResourceType',
    ],
    reading: {
      code: 'invalid_argument',
      hint: 'Leave api_version out, so that the newest stable one of the type is taken, or take one that the message lists.',
    },
  },
  {
    code: 'InvalidResourceNamespace',
    reading: { code: 'not_found', hint: 'Check the provider namespace; GET /subscriptions/{id}/providers lists all.' },
  },
  {
    code: [
      'InvalidSubscriptionId',
      'InvalidRequestContent',
      'InvalidTemplate',
      'InvalidTemplateDeployment',
      'ValidationError',
      'LinkedInvalidPropertyId',
      'InvalidParameter',
    ],
    reading: { code: 'invalid_argument', hint: 'Correct the request as the message says, then call again.' },
  },
  {
    code: 'LocationNotAvailableForResourceType',
    reading: { code: 'invalid_argument', hint: 'Take a location that the message lists for this type.' },
  },
  {
    code: ['InvalidQuery', 'ParserFailure'],
    reading: { code: 'invalid_argument', hint: 'Correct the KQL at the place that the message names.' },
  },
  {
    code: 'ResourceGroupNotFound',
    reading: {
      hint: 'Create the resource group first, or check its name: GET /subscriptions/{id}/resourceGroups lists all.',
    },
  },
  {
    code: 'ParentResourceNotFound',
    reading: { hint: 'Create the parent resource first, or check the names in the path.' },
  },
  {
    code: ['ResourceNotFound', 'DeploymentNotFound', 'RoleAssignmentNotFound'],
    reading: { hint: 'Check type, name and resource group in the path; resource_graph_query finds resources by name.' },
  },
];
