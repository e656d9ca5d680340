import { expect, test } from 'vitest';
import type { DevOpsRequest } from '../../../../src/core/apis/devops/devops-api.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { testCall } from '../../../support/call.ts';
import { type ServedAnswer, armService as scriptedService } from '../arm/arm-service.ts';
import { openDevOps } from './devops-fixture.ts';

// Every refusal of the service endpoint API that is known from its reference, its clients and public reports, with the code,
// the message and the next step that callers read.
// https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints

const create: DevOpsRequest = { method: 'POST', path: '/_apis/serviceendpoint/endpoints', scope: {}, body: {} };
const read: DevOpsRequest = { method: 'GET', path: '/_apis/serviceendpoint/endpoints', scope: { project: 'apollo' } };

const duplicate =
  'Service connection with name prod already exists. Only a user having Administrator/User role permissions on service connection prod can see it.';
const noToken =
  'Failed to obtain the Json Web Token(JWT) using service principal client ID. A valid refresh token was not found.';

/** Status, key, words of the service. Answers without a key have a page, or none at all. */
const rows: readonly (readonly [status: number, typeKey: string, said: string, request?: DevOpsRequest])[] = [
  [400, 'ArgumentException', 'Value is not valid. Parameter name: endpoint.', create],
  [400, 'ArgumentNullException', 'Value cannot be null. Parameter name: endpoint.', create],
  [
    400,
    'ArgumentException',
    'Converting endpoint type azurerm scheme from ServicePrincipal to ServicePrincipal is neither an upgrade or a downgrade and is not supported.',
    create,
  ],
  [
    400,
    'InvalidServiceEndpointRequestException',
    "Unable to find service connection type 'azurerm' using authentication scheme 'Foo'.",
    create,
  ],
  [400, 'ServiceEndpointException', 'Following fields in the service connection are not expected: a.', create],
  [400, 'VssVersionNotSpecifiedException', 'No api-version was supplied for the "POST" request.', create],
  [400, 'VssInvalidPreviewVersionException', 'The requested version "7.2" of the resource is under preview.', create],
  [401, '', ''],
  [403, 'AccessCheckException', "TF400813: The user 'x' is not authorized to access this resource."],
  [403, 'UnauthorizedRequestException', "TF400813: The user 'x' is not authorized to access this resource."],
  [403, 'AccessCheckException', 'You do not have Endpoint Creator/Administrator permission.', create],
  [404, 'ProjectDoesNotExistWithNameException', 'TF200016: The following project does not exist: apollo.'],
  [
    400,
    'ProjectDoesNotExistException',
    "VS800075: The project with id 'x' does not exist, or you do not have permission to access it.",
  ],
  [500, 'DuplicateServiceConnectionException', duplicate, create],
  [409, 'DuplicateServiceConnectionException', duplicate, create],
  [500, 'AadAccessSilentException', noToken, create],
  [500, 'ServiceEndpointException', noToken, create],
  [
    429,
    '',
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'.",
  ],
  [503, '', 'TF400898: An Internal Error Occurred. Activity Id: x.'],
];

function answerOf(status: number, typeKey: string, said: string): ServedAnswer {
  if (said === '') return { status, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
  const headers = status === 429 ? { 'retry-after': '600' } : {};
  return { status, headers, body: { $id: '1', message: said, ...(typeKey === '' ? {} : { typeKey }), errorCode: 0 } };
}

test('each row has a message with what the service said, and a next step; none of those that are final is sent again', async () => {
  const table: string[] = [];
  for (const [status, typeKey, said, request = read] of rows) {
    const service = scriptedService(() => answerOf(status, typeKey, said));
    const error = await openDevOps({ httpClient: service })
      .devops.send(request, testCall())
      .catch((failure: unknown) => failure);
    if (!(error instanceof AppError)) throw new Error(`${said} is no failure.`);
    expect(error.message).toContain(said.slice(0, 20));
    expect(error.hint ?? '').toMatch(/^[A-Z].{15,}\.$/s);
    const times = service.arrived.length;
    table.push(
      `${status} ${typeKey || '-'} (${times}) | ${error.code}${error.retryable ? ', again' : ''} | ${error.hint}`,
    );
  }
  expect(table).toMatchInlineSnapshot(`
    [
      "400 ArgumentException (1) | invalid_argument | Check path, options and body against the reference of this operation; the same request would be refused again.",
      "400 ArgumentNullException (1) | invalid_argument | Check path, options and body against the reference of this operation; the same request would be refused again.",
      "400 ArgumentException (1) | conflict | The connection has this scheme already; list_service_connections shows it. There is nothing to convert.",
      "400 InvalidServiceEndpointRequestException (1) | invalid_argument | The organization has no such type of service connection, or the type has no such scheme: azurerm takes WorkloadIdentityFederation, ServicePrincipal, ManagedServiceIdentity and PublishProfile.",
      "400 ServiceEndpointException (1) | invalid_argument | Compare scheme, scope level, subscription and app of the service connection with what exists; the same request would be refused again.",
      "400 VssVersionNotSpecifiedException (1) | invalid_argument | Use api-version 7.1, or 7.1-preview for what has no released version yet.",
      "400 VssInvalidPreviewVersionException (1) | invalid_argument | Use api-version 7.1, or 7.1-preview for what has no released version yet.",
      "401 - (2) | unauthenticated | Add the identity (a service principal too) to the organization under Organization settings > Users; a personal access token may have expired, be for another organization, or lack the scope.",
      "403 AccessCheckException (1) | permission_denied | Add the identity to the organization (Organization settings > Users) and to the project; a personal access token needs the scope of what is asked for. validate_connection shows what it reaches.",
      "403 UnauthorizedRequestException (1) | permission_denied | Add the identity to the organization (Organization settings > Users) and to the project; a personal access token needs the scope of what is asked for. validate_connection shows what it reaches.",
      "403 AccessCheckException (1) | permission_denied | Give the identity the role Creator or Administrator: Project settings > Service connections > Security. A personal access token needs the scope Service Connections (Read, query, & manage).",
      "404 ProjectDoesNotExistWithNameException (1) | not_found | Check the name of the project; a project that the identity is not a member of looks the same.",
      "400 ProjectDoesNotExistException (1) | not_found | Check the name of the project; a project that the identity is not a member of looks the same.",
      "500 DuplicateServiceConnectionException (1) | conflict | Choose another name, or find the connection with list_service_connections; one that failed, or that this identity may not see, keeps its name too.",
      "409 DuplicateServiceConnectionException (1) | conflict | Choose another name, or find the connection with list_service_connections; one that failed, or that this identity may not see, keeps its name too.",
      "500 AadAccessSilentException (1) | unsupported | Azure DevOps makes an app registration only for a person. Let create_service_connection make it (automatic), or name an app registration or a managed identity that exists.",
      "500 ServiceEndpointException (1) | unsupported | Azure DevOps makes an app registration only for a person. Let create_service_connection make it (automatic), or name an app registration or a managed identity that exists.",
      "429 - (1) | throttled, again | Call again in 600 s, or with a longer timeout.",
      "503 - (4) | upstream_unavailable, again | Call again in a little while.",
    ]
  `);
});
