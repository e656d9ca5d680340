import { expect, test } from 'vitest';
import { AppError } from '../../../../src/core/base/errors.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import { testCall } from '../../../support/call.ts';
import { openArm, subscriptionId } from './arm-fixture.ts';
import { armService } from './arm-service.ts';

// Every documented code of Resource Manager that callers meet, with the code, the message and the next step that they read.
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors

const account = `/subscriptions/${subscriptionId}/resourceGroups/core/providers/Microsoft.Storage/storageAccounts/data`;
const other = '00000000-0000-4000-8000-0000000000ff';

/** Status, code of the service, its words, and whether the request was a write. */
const rows: readonly (readonly [status: number, code: string, said: string, isWrite?: true])[] = [
  [400, 'MissingApiVersionParameter', 'The api-version query parameter (?api-version=) is required for all requests.'],
  [
    400,
    'InvalidApiVersionParameter',
    "The api-version '1999-01-01' is invalid. The supported versions are '2024-01-01'.",
  ],
  [400, 'NoRegisteredProviderFound', "No registered resource provider found for location 'x'."],
  [400, 'InvalidResourceType', "The resource type 'x' could not be found."],
  [400, 'InvalidResourceNamespace', "The resource namespace 'Microsoft.Storag' is invalid."],
  [400, 'InvalidSubscriptionId', "The provided subscription identifier 'x' is malformed or invalid."],
  [400, 'InvalidRequestContent', 'The request content was invalid.', true],
  [400, 'InvalidTemplate', 'Deployment template validation failed.', true],
  [400, 'ValidationError', 'The request is invalid.', true],
  [400, 'LocationNotAvailableForResourceType', "The provided location 'x' is not available.", true],
  [400, 'LinkedInvalidPropertyId', "Property id '' is invalid.", true],
  [400, 'PrincipalNotFound', 'Principal x does not exist in the directory y.', true],
  [401, 'AuthenticationFailed', 'Authentication failed.'],
  [401, 'InvalidAuthenticationToken', 'The access token is invalid.'],
  [401, 'ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.'],
  [
    401,
    'InvalidAuthenticationTokenTenant',
    `The access token is from the wrong issuer 'https://sts.windows.net/${subscriptionId}/'. It must match the tenant 'https://sts.windows.net/${other}/' associated with this subscription.`,
  ],
  [401, 'InvalidAuthenticationTokenAudience', 'The access token has been obtained for wrong audience or resource.'],
  [
    403,
    'AuthorizationFailed',
    `The client 'app' with object id '${other}' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/write' over scope '/subscriptions/s' or the scope is invalid.`,
    true,
  ],
  [
    403,
    'LinkedAuthorizationFailed',
    `The client has permission to perform action 'a/write' on scope 's'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '/subscriptions/n'.`,
    true,
  ],
  [403, 'RequestDisallowedByPolicy', "Resource 'data' was disallowed by policy.", true],
  [
    403,
    'RoleAssignmentUpdateNotPermitted',
    'Tenant ID, application ID, principal ID, and scope are not allowed.',
    true,
  ],
  [404, 'SubscriptionNotFound', `The subscription '${other}' could not be found.`],
  [404, 'ResourceGroupNotFound', "Resource group 'core' could not be found."],
  [404, 'ResourceNotFound', "The Resource 'data' was not found."],
  [404, 'ParentResourceNotFound', "Parent resource 'data' not found."],
  [404, 'DeploymentNotFound', "Deployment 'x' could not be found."],
  [404, 'RoleAssignmentNotFound', "The role assignment 'x' is not found."],
  [
    409,
    'MissingSubscriptionRegistration',
    "The subscription is not registered to use namespace 'Microsoft.Storage'.",
    true,
  ],
  [409, 'RoleAssignmentExists', 'The role assignment already exists.', true],
  [
    409,
    'ScopeLocked',
    "The scope 'a' cannot perform delete operation because following scope(s) are locked: '/subscriptions/s'. Please remove the lock and try again.",
    true,
  ],
  [409, 'AnotherOperationInProgress', 'Another operation is in progress.', true],
  [409, 'Conflict', 'The operation could not be completed.', true],
  [409, 'DeploymentActive', 'Unable to edit or replace deployment.', true],
  [409, 'SkuNotAvailable', 'The requested size is currently not available.', true],
  [409, 'QuotaExceeded', 'Operation results in exceeding quota limits.', true],
  [409, 'StorageAccountAlreadyTaken', 'The storage account named data is already taken.', true],
  [412, 'PreconditionFailed', 'The condition specified was not met.', true],
  [429, 'TooManyRequests', 'The request is being throttled.'],
  [429, 'SubscriptionRequestsThrottled', "Number of requests for subscription 's' exceeded the limit."],
  [429, 'OperationNotAllowed', 'The server rejected the request because too many requests have been received.'],
  [
    409,
    'OperationNotAllowed',
    'Operation could not be completed as it results in exceeding approved cores quota.',
    true,
  ],
  [500, 'InternalServerError', 'Encountered internal server error.'],
  [502, 'BadGateway', 'Bad gateway.'],
  [503, 'ServiceUnavailable', 'The service is unavailable.'],
  [504, 'GatewayTimeout', 'The gateway did not receive a response.'],
];

test('each row has a message with what the service said, and a next step', async () => {
  const table: string[] = [];
  for (const [status, code, said, isWrite] of rows) {
    const service = armService(() => ({
      status,
      headers: status === 429 ? { 'retry-after': '600' } : {},
      body: { error: { code, message: said } },
    }));
    const { arm } = openArm({ httpClient: service, settings: { retry: { max_attempts: 1 } } });
    const asked = { path: account, apiVersion: '2024-01-01', versionIsAsked: true };
    const request: ApiRequest = isWrite ? { ...asked, method: 'PUT', body: {} } : { ...asked, method: 'GET' };
    const error = await arm.send(request, testCall()).catch((failure: unknown) => failure);
    if (!(error instanceof AppError)) throw new Error(`${code} is no failure.`);
    expect(error.message).toContain(said.slice(0, 20));
    expect(error.hint ?? '').toMatch(/^[A-Z].{15,}\.$/s);
    table.push(`${status} ${code} | ${error.code}${error.retryable ? ', again' : ''} | ${error.hint}`);
  }
  expect(table).toMatchInlineSnapshot(`
    [
      "400 MissingApiVersionParameter | invalid_argument | Leave api_version out to use the newest stable one of the type; GET /subscriptions/{id}/providers/{namespace} lists all.",
      "400 InvalidApiVersionParameter | invalid_argument | Leave api_version out to use the newest stable one of the type; GET /subscriptions/{id}/providers/{namespace} lists all.",
      "400 NoRegisteredProviderFound | invalid_argument | Leave api_version out to use the newest stable one of the type; GET /subscriptions/{id}/providers/{namespace} lists all.",
      "400 InvalidResourceType | invalid_argument | Check the type in the path: GET /subscriptions/{id}/providers/{namespace} lists the types with their versions; without api_version the newest stable one is used.",
      "400 InvalidResourceNamespace | not_found | Check the provider namespace; GET /subscriptions/{id}/providers lists all.",
      "400 InvalidSubscriptionId | invalid_argument | Use the id of a subscription, a GUID, in the path; GET /subscriptions lists those that it can see.",
      "400 InvalidRequestContent | invalid_argument | Compare path and body with the reference of the resource type at this api-version; the same request would be refused again.",
      "400 InvalidTemplate | invalid_argument | Compare path and body with the reference of the resource type at this api-version; the same request would be refused again.",
      "400 ValidationError | invalid_argument | Compare path and body with the reference of the resource type at this api-version; the same request would be refused again.",
      "400 LocationNotAvailableForResourceType | invalid_argument | Use another location: GET /subscriptions/{id}/providers/{namespace} lists those of each type.",
      "400 LinkedInvalidPropertyId | invalid_argument | Compare path and body with the reference of the resource type at this api-version; the same request would be refused again.",
      "400 PrincipalNotFound | invalid_argument, again | A principal made a moment ago is not known everywhere: pass principalType, and call again in a minute.",
      "401 AuthenticationFailed | unauthenticated | The token was not accepted: validate_connection shows tenant, app and clock; a policy may ask for a new sign-in.",
      "401 InvalidAuthenticationToken | unauthenticated | The token was not accepted: validate_connection shows tenant, app and clock; a policy may ask for a new sign-in.",
      "401 ExpiredAuthenticationToken | unauthenticated | The token has expired: supply a new one with complete_connection if it is one of yours; otherwise check the clock of this machine.",
      "401 InvalidAuthenticationTokenTenant | unauthenticated | The subscription belongs to another tenant, \`00000000-0000-4000-8000-0000000000ff\`: use a connection whose tenant_id that is.",
      "401 InvalidAuthenticationTokenAudience | unauthenticated | The token is for another service: check cloud and token_audience of the connection with validate_connection; a token of your own must be for Azure Resource Manager.",
      "403 AuthorizationFailed | permission_denied | The action \`Microsoft.Storage/storageAccounts/write\` at \`/subscriptions/s\` is missing for \`app\`; Contributor has it: \`az role assignment create --assignee-object-id 00000000-0000-4000-8000-0000000000ff --role "Contributor" --scope "/subscriptions/s"\`. A new assignment may take ten minutes.",
      "403 LinkedAuthorizationFailed | permission_denied | The action \`Microsoft.Network/virtualNetworks/subnets/join/action\` at \`/subscriptions/n\` is missing; Contributor has it. A new assignment may take ten minutes.",
      "403 RequestDisallowedByPolicy | permission_denied | A policy forbids this: change the request to comply, or ask its owner for an exemption.",
      "403 RoleAssignmentUpdateNotPermitted | permission_denied | Principal, role and scope of an assignment cannot change: delete it and create one under a new GUID.",
      "404 SubscriptionNotFound | not_found | Check the subscription id and that the principal has a role in it; GET /subscriptions lists those it can see.",
      "404 ResourceGroupNotFound | not_found | Create the resource group first, or check its name: GET /subscriptions/{id}/resourceGroups lists all.",
      "404 ResourceNotFound | not_found | Check type, name and resource group in the path; resource_graph_query finds resources by name.",
      "404 ParentResourceNotFound | not_found | Create the parent resource first, or check the names in the path.",
      "404 DeploymentNotFound | not_found | Check type, name and resource group in the path; resource_graph_query finds resources by name.",
      "404 RoleAssignmentNotFound | not_found | Check type, name and resource group in the path; resource_graph_query finds resources by name.",
      "409 MissingSubscriptionRegistration | conflict | Register the provider, then call again: \`POST /subscriptions/00000000-0000-4000-8000-00000000005b/providers/Microsoft.Storage/register\`, or \`az provider register --namespace Microsoft.Storage --wait\`.",
      "409 RoleAssignmentExists | conflict | The principal has this role at this scope already, under another name: there is nothing to do.",
      "409 ScopeLocked | conflict | A lock on \`/subscriptions/s\` prevents this: GET /providers/Microsoft.Authorization/locks below it shows the lock. Ask its owner whether it can be removed.",
      "409 AnotherOperationInProgress | conflict, again | Another operation is running on the resource: wait until it has ended (get_operation), then call again.",
      "409 Conflict | conflict | The resource is in a state that does not allow this, perhaps for a moment: read it (provisioningState), then call again.",
      "409 DeploymentActive | conflict, again | Another operation is running on the resource: wait until it has ended (get_operation), then call again.",
      "409 SkuNotAvailable | conflict | Use another size or region, or ask for more quota; the same request will fail again.",
      "409 QuotaExceeded | conflict | Use another size or region, or ask for more quota; the same request will fail again.",
      "409 StorageAccountAlreadyTaken | conflict | The name is taken, perhaps in another tenant: choose another (checkNameAvailability checks it).",
      "412 PreconditionFailed | precondition_failed | Read the object again for its current ETag, then decide what to do.",
      "429 TooManyRequests | throttled, again | Call again after the given time; one resource_graph_query replaces many single reads.",
      "429 SubscriptionRequestsThrottled | throttled, again | Call again after the given time; one resource_graph_query replaces many single reads.",
      "429 OperationNotAllowed | throttled, again | Call again after the given time.",
      "409 OperationNotAllowed | conflict | A quota is used up: ask for more, or use another size or region.",
      "500 InternalServerError | upstream_unavailable, again | Call again in a little while.",
      "502 BadGateway | upstream_unavailable, again | Call again in a little while.",
      "503 ServiceUnavailable | upstream_unavailable, again | Call again in a little while.",
      "504 GatewayTimeout | upstream_unavailable, again | Call again in a little while.",
    ]
  `);
});
