import { isRecord } from '../../../core/base/guards.ts';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { DevOpsCall } from '../devops-call.ts';
import { invalidArgument, invalidEndpoint } from '../devops-error.ts';
import type { Authorization, EndpointRecord, PendingWork, TextMap } from '../devops-store.ts';
import { textAt, textsOf, withoutTexts } from '../text-map.ts';
import { dayMs, federate, removeFederation } from './directory-app.ts';
import { isAutomatic, requireScheme } from './endpoint-input.ts';
import { findEndpointType, isSecret } from './endpoint-schemes.ts';
import { federationOf } from './federation.ts';
import { startWork } from './stored-endpoints.ts';

const federation = 'WorkloadIdentityFederation';
const principal = 'ServicePrincipal';
const revertDays = 7;

/**
 * `?operation=ConvertAuthenticationScheme`: converts to federation, and back within seven days. Source: "Convert an
 * existing Azure service connection to use workload identity federation".
 */
export function convertEndpoint(endpoint: EndpointRecord, body: PlainObject, call: DevOpsCall): EndpointRecord {
  const wanted = wantedScheme(endpoint, body);
  const { scheme } = endpoint.authorization;
  if (isRecord(body['data']) && textAt(textsOf(body['data']), 'revertSchemeDeadline') !== undefined) {
    throw invalidEndpoint(
      `Remove data.revertSchemeDeadline of service connection '${nameOf(endpoint)}' before its scheme is converted.`,
    );
  }
  const isUpgrade = scheme === principal && wanted === federation;
  const isDowngrade = scheme === federation && wanted === principal;
  if (!isUpgrade && !isDowngrade) {
    throw invalidArgument(
      `Converting endpoint type ${endpoint.type} scheme from ${scheme} to ${wanted} is neither an upgrade or a downgrade and is not supported.`,
    );
  }
  if (!isAutomatic(endpoint.data)) {
    throw invalidEndpoint(
      `Service connection '${nameOf(endpoint)}' was created manually: Azure DevOps cannot change credentials that it does not own. Only service connections that were created automatically can be converted.`,
    );
  }
  if (endpoint.references.length > 1) {
    throw invalidEndpoint(
      `Service connection '${nameOf(endpoint)}' is shared with other projects and cannot be converted. Only service connections that one project uses can be converted.`,
    );
  }
  return isUpgrade ? upgrade(endpoint, call) : revert(endpoint, call);
}

function wantedScheme(endpoint: EndpointRecord, body: PlainObject): string {
  const authorization = recordOf(body['authorization']);
  const type = findEndpointType(endpoint.type);
  const name = optionalText(authorization['scheme']) ?? '';
  return type ? requireScheme(type, name) : name;
}

function upgrade(endpoint: EndpointRecord, call: DevOpsCall): EndpointRecord {
  const { authorization, data } = endpoint;
  // New federations use the Entra issuer, unless the organization is set to keep the old one.
  const issuer: EndpointRecord['issuer'] = call.store.setting('issuer')?.['kind'] === 'vstoken' ? 'vstoken' : 'entra';
  const federated: Authorization = { scheme: federation, parameters: federatedParameters(authorization.parameters) };
  const problem = federate({ ...endpoint, issuer, authorization: federated }, call.context.newId, {
    directory: call.context.store,
    store: call.store,
  });
  const deadline = new Date(call.context.clock.now() + revertDays * dayMs).toISOString();
  const then: PendingWork['then'] = problem
    ? { state: 'Failed', statusMessage: problem }
    : {
        ...done,
        issuer,
        authorization: federated,
        data: { ...withoutTexts(data, ['revertSchemeDeadline']), revertSchemeDeadline: deadline },
        previous: authorization,
      };
  return startWork(endpoint, then, call);
}

const done = { state: 'Ready', isReady: true, statusMessage: '' } as const;

/** Without secrets and their kind. */
function federatedParameters(parameters: TextMap): TextMap {
  const secrets = Object.keys(parameters).filter(isSecret);
  return withoutTexts(parameters, [...secrets, 'authenticationType']);
}

function revert(endpoint: EndpointRecord, call: DevOpsCall): EndpointRecord {
  const { previous } = endpoint;
  const deadline = endpoint.data['revertSchemeDeadline'];
  if (!previous) {
    throw invalidEndpoint(
      deadline === undefined
        ? `Service connection '${nameOf(endpoint)}' has never been converted, so there is no scheme to go back to.`
        : `Service connection '${nameOf(endpoint)}' cannot be reverted: the deadline ${deadline} has passed.`,
    );
  }
  const { store, context } = call;
  const appId = textAt(endpoint.authorization.parameters, 'serviceprincipalid') ?? '';
  const application = context.store.findByKey('application', 'appId', appId);
  if (application) removeFederation(application, federationOf(endpoint, store), context.store);
  const data = withoutTexts(endpoint.data, ['revertSchemeDeadline']);
  const { previous: _, ...rest } = endpoint;
  return startWork(rest, { ...done, authorization: previous, data }, call);
}

function nameOf({ references }: EndpointRecord): string {
  return references[0]?.name ?? '';
}
