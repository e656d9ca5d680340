import { isRecord } from '../../../core/base/guards.ts';
import { namesOf } from '../../base/names.ts';
import { type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { DevOpsCall } from '../devops-call.ts';
import { invalidArgument, invalidEndpoint } from '../devops-error.ts';
import type { EndpointRecord, ProjectReference, TextMap } from '../devops-store.ts';
import { textAt, textsOf, withoutTexts, withTexts } from '../text-map.ts';
import { requirePerson } from './automatic-endpoint.ts';
import { convertEndpoint } from './convert-endpoint.ts';
import { addSecret, secretEnd } from './directory-app.ts';
import { isAutomatic, readEndpoint } from './endpoint-input.ts';
import { isSecret } from './endpoint-schemes.ts';
import { derivedParameters } from './federation.ts';
import { checkNameIsFree } from './stored-endpoints.ts';

/** Names in `data` that only the server writes. */
const serverData: readonly string[] = namesOf(`
  revertSchemeDeadline appObjectId spnObjectId azureSpnRoleAssignmentId azureSpnPermissions`);

/** Updates a whole endpoint or runs an operation on it. Secrets that are null or absent are kept. */
export function updateEndpoint(endpoint: EndpointRecord, body: PlainObject, call: DevOpsCall): EndpointRecord {
  const operation = call.query.get('operation') ?? '';
  if (endpoint.pending) {
    throw invalidEndpoint(
      `Service connection '${endpoint.references[0]?.name}' has an operation in progress. Try again when its state is Ready.`,
    );
  }
  if (operation.toLowerCase() === 'convertauthenticationscheme') return convertEndpoint(endpoint, body, call);
  if (operation !== '') {
    throw invalidArgument(`The operation '${operation}' is not known. Known: ConvertAuthenticationScheme.`);
  }
  return replace(endpoint, body, call);
}

function replace(endpoint: EndpointRecord, body: PlainObject, call: DevOpsCall): EndpointRecord {
  const renews = renewsSecret(endpoint, body);
  const input = readEndpoint(withStoredSecrets(endpoint, body, renews), call);
  if (input.type.name !== endpoint.type) {
    throw invalidEndpoint(`The type of a service connection cannot be changed: it is '${endpoint.type}'.`);
  }
  const { authorization, data, references } = input;
  if (isAutomatic(endpoint.data) && authorization.scheme !== endpoint.authorization.scheme) {
    throw invalidEndpoint(
      'The scheme of a service connection that was created automatically is changed with operation=ConvertAuthenticationScheme.',
    );
  }
  const named = renamed(endpoint.references, references);
  for (const { name, projectId } of named) checkNameIsFree(name, projectId, endpoint.id, call);
  const ofServer = Object.fromEntries(
    Object.entries(endpoint.data).filter(([name]) =>
      serverData.some((one) => one.toLowerCase() === name.toLowerCase()),
    ),
  );
  const parameters = withoutTexts(authorization.parameters, derivedParameters);
  const updated: EndpointRecord = {
    ...endpoint,
    url: input.url,
    description: input.description,
    owner: input.owner,
    authorization: { ...authorization, parameters: renews ? renewSecret(endpoint, parameters, call) : parameters },
    data: { ...withoutTexts(data, serverData), ...ofServer },
    references: named,
  };
  call.store.endpoints.set(endpoint.id, updated);
  return updated;
}

/** An update changes names and descriptions, but not which projects use the endpoint. */
function renamed(stored: readonly ProjectReference[], given: readonly ProjectReference[]): readonly ProjectReference[] {
  const strange = given.find(({ projectId }) => !stored.some((one) => one.projectId === projectId));
  if (strange) {
    throw invalidEndpoint('An update does not share a service connection with other projects: share it with PATCH.');
  }
  return stored.map((one) => given.find(({ projectId }) => projectId === one.projectId) ?? one);
}

/** The body, with stored secrets where it has null or no value. */
function withStoredSecrets(endpoint: EndpointRecord, body: PlainObject, renews: boolean): PlainObject {
  const authorization = isRecord(body['authorization']) ? body['authorization'] : undefined;
  if (!authorization || authorization['scheme'] !== endpoint.authorization.scheme) return body;
  const given = recordOf(authorization['parameters']);
  const secrets = Object.entries(endpoint.authorization.parameters).filter(([name]) => isSecret(name));
  const kept = secrets.filter(([name]) => !textAt(textsOf(given), name) || renews);
  const cleaned = withoutTexts(
    given,
    kept.map(([name]) => name),
  );
  return { ...body, authorization: { ...authorization, parameters: { ...cleaned, ...Object.fromEntries(kept) } } };
}

/** An empty key asks Azure DevOps to create a new key for the app that it manages. */
function renewsSecret({ data, authorization }: EndpointRecord, body: PlainObject): boolean {
  const wanted = isRecord(body['authorization']) ? body['authorization']['parameters'] : undefined;
  const isPrincipal = authorization.scheme === 'ServicePrincipal' && isAutomatic(data);
  return isPrincipal && isRecord(wanted) && textAt(textsOf(wanted), 'serviceprincipalkey') === '';
}

function renewSecret(endpoint: EndpointRecord, parameters: TextMap, call: DevOpsCall): TextMap {
  requirePerson(call);
  const { context } = call;
  const appId = textAt(endpoint.authorization.parameters, 'serviceprincipalid') ?? '';
  const application = context.store.findByKey('application', 'appId', appId);
  if (!application) throw invalidEndpoint(`Application with identifier '${appId}' was not found in the directory.`);
  const now = context.clock.now();
  const secret = addSecret(
    application.id,
    { keyId: context.newId(), startsAt: now, endsAt: secretEnd(now) },
    context.store,
  );
  return withTexts(parameters, { serviceprincipalkey: secret });
}
