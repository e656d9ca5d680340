import { z } from 'zod';
import type { AppError } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { cleanMessage } from './clean-message.ts';
import { conversion, testableSchemes } from './credential-rules.ts';
import {
  type Endpoint,
  isAzure,
  isMadeByService,
  isScheme,
  otherProjects,
  type Project,
  readText,
  stateOf,
} from './endpoint.ts';
import { type OldIssuer, oldIssuerOf } from './old-issuer.ts';
import type { Verification } from './service-connection.ts';
import { signInStep } from './sign-in-refusals.ts';

/** A limit to a resource group is a scope, not a level of its own. */
const groupOfScope = /\/resourcegroups\/([^/]+)/i;

/** A service connection as tools show it. `all_pipelines`: every pipeline may use it, if the creation asked for that. */
export type ServiceConnection = ReturnType<typeof describeEndpoint> & { readonly all_pipelines?: boolean };

/** An endpoint as tools show it: chosen fields only, none of which can hold a secret. */
export function describeEndpoint(endpoint: Endpoint, project: Project, verification?: Verification) {
  const { data, authorization, operationStatus, serviceEndpointProjectReferences: references = [] } = endpoint;
  const inData = (name: string) => readText(data, name);
  const inParameters = (name: string) => readText(authorization.parameters, name);
  const { convertible, reason } = convertibilityOf(endpoint, project);
  const scope = inParameters('scope');
  return withoutUndefined({
    id: endpoint.id,
    name: endpoint.name,
    type: endpoint.type,
    url: endpoint.url,
    scheme: authorization.scheme,
    description: endpoint.description || undefined,
    is_ready: endpoint.isReady !== false,
    is_shared: isSharedWithOthers(endpoint),
    // `Automatic`: Azure DevOps made the app.
    creation_mode: inData('creationMode'),
    environment: inData('environment'),
    scope_level: inData('scopeLevel'),
    subscription_id: inData('subscriptionId'),
    subscription_name: inData('subscriptionName'),
    management_group_id: inData('managementGroupId'),
    resource_group: inData('resourceGroupName') ?? groupOfScope.exec(scope ?? '')?.[1],
    workspace_name: inData('mlWorkspaceName'),
    tenant_id: inParameters('tenantid'),
    client_id: inParameters('serviceprincipalid'),
    app_object_id: inData('appObjectId'),
    scope,
    issuer: inParameters('workloadIdentityFederationIssuer'),
    subject: inParameters('workloadIdentityFederationSubject'),
    // Its issuer is retired: until when, whether it is concerned, and what a person does about it.
    old_issuer: oldIssuerOf(endpoint),
    // The last moment at which a conversion can be reverted.
    revert_deadline: inData('revertSchemeDeadline'),
    // `Ready`, `InProgress`, `Failed`.
    state: operationStatus?.state,
    state_message: operationStatus?.statusMessage
      ? quoted(cleanMessage(operationStatus.statusMessage), 1_000)
      : undefined,
    projects: references.map(({ projectReference: { id, name } }) => withoutUndefined({ id, name })),
    convertible,
    not_convertible_because: reason,
    verification,
  });
}

/** The mark, or more than one project: the caller may be allowed to see only one of the two. */
function isSharedWithOthers({ isShared, serviceEndpointProjectReferences: references = [] }: Endpoint): boolean {
  return isShared === true || references.length > 1;
}

/** Why something is not done, and what to do instead. */
export interface Obstacle {
  readonly reason: string;
  readonly hint?: string;
}

/**
 * What prevents a conversion to federation; undefined when nothing does. The rules of the service's own script, and
 * that it refuses connections of several projects.
 * https://learn.microsoft.com/azure/devops/pipelines/library/connect-to-azure#convert-an-existing-service-connection-to-use-workload-identity-federation
 */
export function obstacleToConversion(endpoint: Endpoint, project: Project): Obstacle | undefined {
  const oldIssuer = oldIssuerOf(endpoint);
  if (oldIssuer === undefined && !isAzure(endpoint)) return notAzure(endpoint);
  const unready = notReady(endpoint);
  if (unready !== undefined) return unready;
  if (oldIssuer !== undefined) return keepsOldIssuer(oldIssuer);
  if (isScheme(endpoint, conversion.to)) return { reason: 'It already uses workload identity federation.' };
  if (!isScheme(endpoint, conversion.from)) {
    return {
      reason: `It signs in with ${endpoint.authorization.scheme === '' ? 'a scheme that may not be seen' : quoted(endpoint.authorization.scheme)}; only ${conversion.from} can be converted.`,
    };
  }
  return madeByHand(endpoint) ?? shared(endpoint, project);
}

/** The same for the way back, which is open for seven days. `isExpired`: nothing helps any more. */
export function obstacleToRevert(
  endpoint: Endpoint,
  project: Project,
  now: number,
): (Obstacle & { readonly isExpired?: boolean }) | undefined {
  if (!isAzure(endpoint)) return notAzure(endpoint);
  if (isScheme(endpoint, conversion.from)) return { reason: 'It uses its secret: there is nothing to revert.' };
  const deadline = readText(endpoint.data, 'revertSchemeDeadline');
  if (!isScheme(endpoint, conversion.to) || deadline === undefined) {
    return { reason: 'It was never converted: there is no earlier secret to go back to.' };
  }
  const until = Date.parse(deadline);
  // A date that cannot be read is left to the service, which knows its own.
  if (until < now) {
    return {
      reason: `It could be reverted until ${quoted(deadline)}; its secret is gone.`,
      hint: 'Stay with federation, or create a connection with a new secret by create_service_connection.',
      isExpired: true,
    };
  }
  return notReady(endpoint) ?? shared(endpoint, project);
}

/** Whether the service can convert it, in the form that lists show. */
export function convertibilityOf(
  endpoint: Endpoint,
  project: Project,
): { readonly convertible: boolean; readonly reason?: string } {
  const obstacle = obstacleToConversion(endpoint, project);
  return obstacle === undefined ? { convertible: true } : { convertible: false, reason: obstacle.reason };
}

/** The operation that converts a scheme is not one that changes the issuer, and none is documented. */
function keepsOldIssuer({ retires, in_scope: isInScope, step }: OldIssuer): Obstacle {
  return isInScope
    ? {
        reason: `It uses workload identity federation with the old issuer of Azure DevOps, which is retired on ${retires}; the issuer is updated in the portal only.`,
        hint: step,
      }
    : {
        reason:
          'It already uses workload identity federation, with the old issuer of Azure DevOps, which its target keeps.',
      };
}

function notAzure({ type }: Endpoint): Obstacle {
  return {
    reason: `It is of type ${quoted(type)}; only Azure Resource Manager connections (azurerm) can be converted.`,
  };
}

function notReady(endpoint: Endpoint): Obstacle | undefined {
  switch (stateOf(endpoint)) {
    case 'ready':
      return undefined;
    case 'in_progress':
      return { reason: 'The service is still working on it.', hint: 'Try again in a few minutes.' };
    case 'failed': {
      // A conversion that failed leaves it usable, and can be tried again; one that was never made cannot.
      if (endpoint.isReady === true) return undefined;
      return {
        reason: 'The service could not finish it: list_service_connections shows why as state_message.',
        hint: 'Look at it in the project settings (Service connections), or delete it and create it again.',
      };
    }
  }
}

function madeByHand(endpoint: Endpoint): Obstacle | undefined {
  if (isMadeByService(endpoint)) return undefined;
  return {
    reason: 'It was created manually: Azure DevOps cannot change the credentials of an app that it did not create.',
    hint: 'Create a federated connection for the same app with create_service_connection, move the pipelines to it, then delete this one.',
  };
}

function shared(endpoint: Endpoint, project: Project): Obstacle | undefined {
  const others = otherProjects(endpoint, project);
  // Shared with projects that the caller may not see.
  const isHidden = endpoint.isShared === true && (endpoint.serviceEndpointProjectReferences ?? []).length === 0;
  if (others.length === 0 && !isHidden) return undefined;
  const names = isHidden ? 'which cannot be seen from here' : quoteNames(others.map(({ id, name }) => name ?? id));
  return {
    reason: `It is shared with other projects (${names}): the service converts only what one project uses.`,
    hint: 'Take it out of the other projects (delete_service_connection there leaves it in place here), then convert it and share it again.',
  };
}

const answerSchema = z.looseObject({
  statusCode: z.union([z.string(), z.number()]).optional().catch(undefined),
  errorMessage: z.string().nullish().catch(undefined),
});

/** Names that .NET gives to statuses; the service sends them in camel case or as numbers. */
const statusNames: Readonly<Record<number, string>> = {
  200: 'ok',
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  429: 'tooManyRequests',
  500: 'internalServerError',
  502: 'badGateway',
  503: 'serviceUnavailable',
  504: 'gatewayTimeout',
};

function nameOf(code: string | number | undefined): string {
  if (code === undefined) return 'unknown';
  const number = typeof code === 'number' ? code : Number(code);
  if (Number.isInteger(number)) return statusNames[number] ?? String(number);
  const name = String(code).slice(0, 60);
  const known = Object.values(statusNames).find((one) => one.toLowerCase() === name.toLowerCase());
  return known ?? name;
}

/** Reads the answer of the test, which is a 200 for failures too. */
export function readTestResult(body: unknown, endpoint: Endpoint): Verification {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return { ok: false, status: 'unknown', message: 'The service gave no result of its test.' };
  const { statusCode, errorMessage } = parsed.data;
  const status = nameOf(statusCode);
  if (status === 'ok') return { ok: true, status };
  const words = errorMessage ? cleanMessage(errorMessage) : '';
  const message = `The test ended with ${quoted(status)}${words === '' ? '.' : `: ${quoted(words, 1_000)}`}`;
  return { ok: false, status, message, hint: hintFor(status, words, endpoint) };
}

/** The result of a test that could not be run. */
export function failedTest({ code, message, hint }: AppError): Verification {
  return withoutUndefined({ ok: false, status: code, message, hint });
}

function hintFor(status: string, message: string, endpoint: Endpoint): string {
  if (stateOf(endpoint) === 'failed') {
    return 'It was never finished: delete it with delete_service_connection and create it again.';
  }
  if (!testableSchemes.some((scheme) => isScheme(endpoint, scheme))) {
    return 'The service cannot test its scheme: run a pipeline that uses it.';
  }
  const step = signInStep(message, endpoint);
  if (step !== undefined) return step;
  if (status === 'forbidden') {
    const subscription = readText(endpoint.data, 'subscriptionId');
    const where = isGuid(subscription ?? '') ? `/subscriptions/${subscription}` : 'its scope';
    return `Assign its app a role such as Reader or Contributor at ${where}; a new assignment needs up to ten minutes.`;
  }
  return 'Check tenant, app and scope of the connection, then call again with verify.';
}
