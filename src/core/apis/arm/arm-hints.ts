import { isRecord } from '../../base/guards.ts';
import { quoted, quoteNames } from '../../base/plain-text.ts';
import type { RequestInstead } from '../../base/request-instead.ts';
import type { ErrorReading } from '../../http/api-descriptor.ts';
import { roleFor } from './action-roles.ts';
import {
  type ArmRequest,
  armRead,
  assignRole,
  findByName,
  locksAt,
  registerProvider,
  withNewName,
  withoutVersion,
  withPrincipalType,
} from './arm-instead.ts';
import { parseArmPath } from './arm-path.ts';
import { readRefusal } from './read-refusal.ts';

/** One level of an error of Resource Manager or of a provider below it. */
export interface ArmErrorPart {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

/** An error body, flattened: the whole chain from the first error to its cause. */
export interface ArmError {
  /** Outermost first; empty when the body is not an error. */
  readonly parts: readonly ArmErrorPart[];
  /** `additionalInfo` of all levels. */
  readonly additionalInfo: readonly { readonly type: string; readonly info: unknown }[];
}

/** A failure as the rules see it. */
interface ArmFailure {
  readonly error: ArmError;
  /** The level of the error that the rule is for. */
  readonly part: ArmErrorPart;
  /** Path of the request, in the caller's spelling; empty when it is unknown. */
  readonly path: string;
  /** What else is known about the request; undefined for an operation that ended later. */
  readonly request: ArmRequest | undefined;
}

/** A documented code, at any depth, and what it means. */
interface ArmHintRule {
  readonly code: string | readonly string[];
  readonly reading: ErrorReading | ((failure: ArmFailure) => ErrorReading);
}

export const armHints: readonly ArmHintRule[] = [
  // Refusals: roles, policies, locks, tokens. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
  {
    code: ['AuthorizationFailed', 'LinkedAuthorizationFailed'],
    reading: ({ part, request }) =>
      withInstead({ code: 'permission_denied', hint: grantHint(part.message) }, assignRole(part.message, request)),
  },
  {
    code: ['RequestDisallowedByPolicy', 'RequestDisallowedByAzure'],
    reading: ({ error }) => {
      const names = policyNames(error.additionalInfo);
      const which = names.length === 0 ? 'A policy' : `The policy ${quoteNames(names)}`;
      return {
        code: 'permission_denied',
        hint: `${which} forbids this: change the request to comply, or ask its owner for an exemption.`,
      };
    },
  },
  {
    code: 'ScopeLocked',
    reading: ({ part }) => {
      const lock = /following scope\(s\) are locked: '([^']+)'/i.exec(part.message)?.[1];
      const where = lock === undefined ? 'the scope' : quoted(lock, 500);
      const hint = `A lock on ${where} prevents this: GET /providers/Microsoft.Authorization/locks below it shows the lock. Ask its owner whether it can be removed.`;
      return withInstead({ code: 'conflict', hint, retryable: false }, locksAt(lock));
    },
  },
  {
    code: 'RoleAssignmentUpdateNotPermitted',
    reading: ({ request }) =>
      withInstead(
        {
          hint: 'Principal, role and scope of an assignment cannot change: delete it and create one under a new GUID.',
        },
        withNewName(request),
      ),
  },
  {
    code: 'RoleAssignmentExists',
    reading: {
      code: 'conflict',
      hint: 'The principal has this role at this scope already, under another name: there is nothing to do.',
    },
  },
  {
    code: 'PrincipalNotFound',
    reading: ({ request }) =>
      withInstead(
        {
          hint: 'A principal made a moment ago is not known everywhere: pass principalType, and call again in a minute.',
          retryable: true,
        },
        withPrincipalType(request),
      ),
  },
  {
    code: 'InvalidAuthenticationTokenTenant',
    reading: ({ part }) => {
      const tenant = /match (?:one of )?the tenants? 'https:\/\/sts\.windows\.net\/([0-9a-f-]{36})\//i.exec(
        part.message,
      )?.[1];
      const whose = tenant === undefined ? '' : `, ${quoted(tenant)}`;
      return {
        code: 'unauthenticated',
        hint: `The subscription belongs to another tenant${whose}: use a connection whose tenant_id that is.`,
      };
    },
  },
  {
    code: 'InvalidAuthenticationTokenAudience',
    reading: {
      code: 'unauthenticated',
      hint: 'The token is for another service: check cloud and token_audience of the connection with validate_connection; a token of your own must be for Azure Resource Manager.',
    },
  },
  {
    code: 'ExpiredAuthenticationToken',
    reading: {
      code: 'unauthenticated',
      hint: 'The token has expired: supply a new one with complete_connection if it is one of yours; otherwise check the clock of this machine.',
    },
  },
  {
    code: ['AuthenticationFailed', 'InvalidAuthenticationToken'],
    reading: {
      code: 'unauthenticated',
      hint: 'The token was not accepted: validate_connection shows tenant, app and clock; a policy may ask for a new sign-in.',
    },
  },
  {
    code: 'SubscriptionNotFound',
    reading: {
      hint: 'Check the subscription id and that the principal has a role in it; GET /subscriptions lists those it can see.',
      instead: armRead('/subscriptions'),
    },
  },

  // Input, versions and registration.
  // https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
  {
    code: 'MissingSubscriptionRegistration',
    reading: ({ part, path }) => {
      const namespace = /namespace '([^']+)'/.exec(part.message)?.[1] ?? part.target ?? parseArmPath(path).namespace;
      const { subscriptionId } = parseArmPath(path);
      const route = `POST /subscriptions/${subscriptionId ?? '{subscription}'}/providers/${namespace}/register`;
      const hint = `Register the provider, then call again: ${quoted(route)}, or ${quoted(`az provider register --namespace ${namespace} --wait`)}.`;
      return withInstead({ code: 'conflict', hint }, registerProvider(subscriptionId, namespace));
    },
  },
  {
    code: [
      'NoRegisteredProviderFound',
      'InvalidApiVersionParameter',
      'MissingApiVersionParameter',
      'UnsupportedApiVersion',
    ],
    reading: ({ request }) =>
      withInstead(
        {
          code: 'invalid_argument',
          hint: 'Leave api_version out to use the newest stable one of the type; GET /subscriptions/{id}/providers/{namespace} lists all.',
        },
        withoutVersion(request),
      ),
  },
  {
    code: 'InvalidResourceType',
    reading: ({ path }) =>
      withInstead(
        {
          code: 'invalid_argument',
          hint: 'Check the type in the path: GET /subscriptions/{id}/providers/{namespace} lists the types with their versions; without api_version the newest stable one is used.',
        },
        providerOf(path),
      ),
  },
  {
    code: 'InvalidResourceNamespace',
    reading: ({ path }) =>
      withInstead(
        { code: 'not_found', hint: 'Check the provider namespace; GET /subscriptions/{id}/providers lists all.' },
        inSubscription(path, '/providers', 'value[].namespace'),
      ),
  },
  {
    code: 'InvalidSubscriptionId',
    reading: {
      code: 'invalid_argument',
      hint: 'Use the id of a subscription, a GUID, in the path; GET /subscriptions lists those that it can see.',
      instead: armRead('/subscriptions'),
    },
  },
  {
    code: [
      'InvalidRequestContent',
      'InvalidTemplate',
      'InvalidTemplateDeployment',
      'ValidationError',
      'LinkedInvalidPropertyId',
      'InvalidParameter',
    ],
    reading: {
      code: 'invalid_argument',
      hint: 'Compare path and body with the reference of the resource type at this api-version; the same request would be refused again.',
    },
  },
  {
    code: 'LocationNotAvailableForResourceType',
    reading: ({ path }) =>
      withInstead(
        {
          code: 'invalid_argument',
          hint: 'Use another location: GET /subscriptions/{id}/providers/{namespace} lists those of each type.',
        },
        providerOf(path),
      ),
  },
  {
    code: ['InvalidQuery', 'ParserFailure'],
    reading: {
      code: 'invalid_argument',
      hint: 'Correct the KQL: tables and columns are those of Azure Resource Graph, which knows only a part of the language.',
    },
  },
  {
    code: 'ResourceGroupNotFound',
    reading: ({ path }) =>
      withInstead(
        {
          hint: 'Create the resource group first, or check its name: GET /subscriptions/{id}/resourceGroups lists all.',
        },
        inSubscription(path, '/resourceGroups', 'value[].{name: name, location: location}'),
      ),
  },
  {
    code: 'ParentResourceNotFound',
    reading: { hint: 'Create the parent resource first, or check the names in the path.' },
  },
  {
    code: ['ResourceNotFound', 'DeploymentNotFound', 'RoleAssignmentNotFound'],
    reading: ({ part, path }) =>
      withInstead(
        { hint: 'Check type, name and resource group in the path; resource_graph_query finds resources by name.' },
        part.code === 'ResourceNotFound' ? findByName(path) : undefined,
      ),
  },

  // Conflicts, quotas and throttling. https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/overview
  {
    code: ['AnotherOperationInProgress', 'RetryableErrorDueToAnotherOperation', 'DeploymentActive'],
    reading: {
      code: 'conflict',
      hint: 'Another operation is running on the resource: wait until it has ended (get_operation), then call again.',
      retryable: true,
    },
  },
  {
    code: 'Conflict',
    reading: {
      code: 'conflict',
      hint: 'The resource is in a state that does not allow this, perhaps for a moment: read it (provisioningState), then call again.',
    },
  },
  {
    code: ['QuotaExceeded', 'SkuNotAvailable', 'ResourceQuotaExceeded'],
    reading: {
      code: 'conflict',
      hint: 'Use another size or region, or ask for more quota; the same request will fail again.',
      retryable: false,
    },
  },
  {
    code: ['StorageAccountAlreadyTaken', 'StorageAccountAlreadyExists', 'NameNotAvailable'],
    reading: {
      code: 'conflict',
      hint: 'The name is taken, perhaps in another tenant: choose another (checkNameAvailability checks it).',
      retryable: false,
    },
  },
  {
    code: 'OperationNotAllowed',
    reading: ({ part }) =>
      /quota/i.test(part.message)
        ? {
            code: 'conflict',
            hint: 'A quota is used up: ask for more, or use another size or region.',
            retryable: false,
          }
        : {},
  },
  {
    code: ['TooManyRequests', 'SubscriptionRequestsThrottled', 'RateLimiting'],
    reading: {
      code: 'throttled',
      hint: 'Call again after the given time; one resource_graph_query replaces many single reads.',
    },
  },
];

function withInstead(reading: ErrorReading, instead: RequestInstead | undefined): ErrorReading {
  return instead === undefined ? reading : { ...reading, instead };
}

/** Types, versions and locations of the provider in the path. */
function providerOf(path: string): RequestInstead | undefined {
  const { namespace = '' } = parseArmPath(path);
  const types = 'resourceTypes[].{type: resourceType, versions: apiVersions[:3], locations: locations}';
  return /^[\w.]{1,100}$/.test(namespace) ? inSubscription(path, `/providers/${namespace}`, types) : undefined;
}

function inSubscription(path: string, below: string, project: string): RequestInstead | undefined {
  const { subscriptionId } = parseArmPath(path);
  return subscriptionId === undefined ? undefined : armRead(`/subscriptions/${subscriptionId}${below}`, project);
}

function grantHint(message: string): string {
  const { client, objectId, action, scope } = readRefusal(message);
  if (action === undefined) {
    return 'Give the principal a role with the missing action; validate_connection lists what it has.';
  }
  const role = roleFor(action).name;
  const where = scope === undefined ? 'the scope' : quoted(scope, 500);
  const command =
    objectId === undefined || scope === undefined
      ? ''
      : `: ${quoted(`az role assignment create --assignee-object-id ${objectId} --role "${role}" --scope "${scope}"`, 600)}`;
  const whom = client === undefined ? '' : ` for ${quoted(client)}`;
  return `The action ${quoted(action)} at ${where} is missing${whom}; ${role} has it${command}. A new assignment may take ten minutes.`;
}

function policyNames(infos: readonly { readonly type: string; readonly info: unknown }[]): string[] {
  return infos
    .filter(({ type }) => type === 'PolicyViolation')
    .map(({ info }) => {
      const { policyAssignmentDisplayName, policyDefinitionDisplayName, policyAssignmentName } = isRecord(info)
        ? info
        : {};
      const names = [policyDefinitionDisplayName, policyAssignmentDisplayName, policyAssignmentName];
      return names.filter((name) => typeof name === 'string' && name !== '').join(' / ');
    })
    .filter((text) => text !== '');
}
