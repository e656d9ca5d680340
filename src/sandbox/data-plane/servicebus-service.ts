import type { ArmResource } from '../arm/arm-store.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';
import {
  createDataPlane,
  type DataPlane,
  type DataPlaneCall,
  type DataPlaneParts,
  type SignedInCall,
  xmlText,
} from './data-plane-service.ts';
import {
  describeEntity,
  describeNamespace,
  type EntityElement,
  entityKinds,
  namespaceType,
  readDescription,
} from './servicebus-entities.ts';

const manage = 'Microsoft.ServiceBus/namespaces/manage/action';

/**
 * The management endpoint of Service Bus: the namespace, its queues and topics by name and in lists. Errors: "Service Bus
 * troubleshooting guide" and the ATOM protocol of "Service Bus runtime REST".
 */
const serviceBus: DataPlane = {
  name: 'servicebus',
  accountType: namespaceType,
  audience: 'https://servicebus.azure.net',
  unknownAccount: { code: '404', message: 'The specified namespace does not exist.' },
  open(call) {
    if (call.account.properties['publicNetworkAccess'] === 'Disabled') {
      throw unauthorized('Ip has been prevented to connect to the endpoint.');
    }
    // Without a token, the endpoint returns its public listing.
    return call.request.headers['authorization'] ? undefined : feed(call, publicListing, []);
  },
  unauthenticated(problem) {
    const code = problem === 'audience' ? 'InvalidAudience' : 'InvalidSignature';
    throw unauthorized(`${code}: The token is not valid. SubCode=40103.`);
  },
  check({ request, arm, account, objectId }) {
    if (arm.hasDataRole(objectId, account.id, manage)) return;
    const host = request.base.replace(/^https?:\/\//, '');
    throw unauthorized(
      `Unauthorized: Unauthorized access for 'Manage' operation on endpoint 'sb://${host}${request.rawPath}'. SubCode=40100: Unauthorized.`,
    );
  },
  routes: [
    { method: 'GET', path: '/$Resources/{kind}', handle: listEntities },
    { method: 'GET', path: '/$namespaceinfo', handle: readNamespace },
    { method: 'GET', path: '/{entity}', handle: readEntity },
    { method: 'PUT', path: '/{entity}', handle: putEntity },
    { method: 'DELETE', path: '/{entity}', handle: deleteEntity },
  ],
  patterns: { kind: 'queues|topics', entity: '[^/$][^/]*' },
  describe: ({ request }) => `${request.method} ${request.rawPath} of Service Bus`,
  answerRefusal,
};

export function createServiceBusService(parts: DataPlaneParts): SandboxService {
  return createDataPlane(serviceBus, parts);
}

interface Found {
  readonly element: EntityElement;
  readonly resource: ArmResource;
}

const elements: readonly EntityElement[] = ['QueueDescription', 'TopicDescription'];

function entitiesOf({ account, arm }: DataPlaneCall, element: EntityElement): readonly ArmResource[] {
  const type = `${namespaceType}/${entityKinds[element]}`.toLowerCase();
  const found = [...arm.resources(account.id)].filter((resource) => resource.type.toLowerCase() === type);
  return found.sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
}

function nameOf({ name }: ArmResource): string {
  return name.split('/').at(-1) ?? '';
}

function findEntity(call: SignedInCall): Found | undefined {
  const name = decodeURIComponent(call.params['entity'] ?? '').toLowerCase();
  for (const element of elements) {
    const resource = entitiesOf(call, element).find((one) => nameOf(one).toLowerCase() === name);
    if (resource) return { element, resource };
  }
  return undefined;
}

function listEntities(call: SignedInCall): SandboxResponse {
  const element = call.params['kind']?.toLowerCase() === 'queues' ? 'QueueDescription' : 'TopicDescription';
  const skip = Number(call.query.get('$skip') ?? 0);
  const top = Number(call.query.get('$top') ?? 100);
  const all = entitiesOf(call, element);
  const entries = all.slice(skip, skip + top).map((resource) => entityEntry(call, { element, resource }));
  const next = skip + top < all.length ? skip + top : undefined;
  return feed(call, element === 'QueueDescription' ? 'Queues' : 'Topics', entries, next);
}

/** An entity that does not exist is an empty feed. Source: `getResource` of Microsoft's administration client. */
function readEntity(call: SignedInCall): SandboxResponse {
  const found = findEntity(call);
  return found ? atom(200, 'entry', entityEntry(call, found, xmlnsAtom)) : feed(call, publicListing, []);
}

function putEntity(call: SignedInCall): SandboxResponse {
  const { arm, account, context, request, params } = call;
  const given = readDescription(Buffer.from(request.body).toString('utf8'));
  if (!given) throw new Refusal(400, '400', 'The body is not a QueueDescription or a TopicDescription.');
  const existing = findEntity(call);
  const isUpdate = request.headers['if-match'] !== undefined;
  if (existing && !isUpdate) throw new Refusal(409, '409', 'SubCode=40900. Conflict.');
  if (!existing && isUpdate) throw notHosted();
  const name = decodeURIComponent(params['entity'] ?? '');
  const kind = entityKinds[given.element];
  const time = new Date(context.clock.now()).toISOString();
  const resource = arm.putResource({
    id: existing?.resource.id ?? `${account.id}/${kind}/${name}`,
    name: existing?.resource.name ?? `${account.name}/${name}`,
    type: `${namespaceType}/${kind}`,
    properties: { ...existing?.resource.properties, ...given.properties },
    etag: `"${context.clock.now()}"`,
    createdTime: existing?.resource.createdTime ?? time,
    changedTime: time,
  });
  return atom(existing ? 200 : 201, 'entry', entityEntry(call, { element: given.element, resource }, xmlnsAtom));
}

function deleteEntity(call: SignedInCall): SandboxResponse {
  const found = findEntity(call);
  if (!found) throw notHosted();
  call.arm.removeResource(found.resource.id);
  return { status: 200 };
}

function readNamespace(call: SignedInCall): SandboxResponse {
  const content = describeNamespace(call.account);
  return atom(200, 'entry', entry(call, { name: '$namespaceinfo', title: call.account.name, content }, xmlnsAtom));
}

function notHosted(): Refusal {
  return new Refusal(404, '404', 'No service is hosted at the specified address. SubCode=40400.');
}

const xmlnsAtom = ' xmlns="http://www.w3.org/2005/Atom"';
const publicListing = 'Publicly Listed Services';

function entityEntry(call: DataPlaneCall, { element, resource }: Found, xmlns = ''): string {
  const name = nameOf(resource);
  return entry(call, { name, title: name, content: describeEntity(element, resource) }, xmlns);
}

interface EntryParts {
  readonly name: string;
  readonly title: string;
  readonly content: string;
}

/**
 * Clients read an entity's name from the path of its id, so the id has the host of the namespace, also where the
 * sandbox serves it below a path.
 */
function entry(
  { account, context, query }: DataPlaneCall,
  { name, title, content }: EntryParts,
  xmlns: string,
): string {
  const updated = new Date(context.clock.now()).toISOString();
  const id = `https://${account.name}.servicebus.sandbox.invalid/${name}?api-version=${query.get('api-version') ?? '2021-05'}`;
  return `<entry${xmlns}><id>${xmlText(id)}</id><title type="text">${xmlText(title)}</title><published>${updated}</published><updated>${updated}</updated><author><name>${xmlText(account.name)}</name></author><content type="application/xml">${content}</content></entry>`;
}

function feed(call: DataPlaneCall, title: string, entries: readonly string[], next?: number): SandboxResponse {
  const { request, context } = call;
  const updated = new Date(context.clock.now()).toISOString();
  const self = `${request.base}${request.rawPath}?api-version=2021-05`;
  const more = next === undefined ? '' : `<link rel="next" href="${xmlText(`${self}&$skip=${next}`)}" />`;
  const head = `<id>${xmlText(self)}</id><title type="text">${title}</title><updated>${updated}</updated><link rel="self" href="${xmlText(self)}" />`;
  return atom(200, 'feed', `<feed${xmlnsAtom}>${head}${more}${entries.join('')}</feed>`);
}

function atom(status: number, type: 'entry' | 'feed', body: string): SandboxResponse {
  const contentType = `application/atom+xml;type=${type};charset=utf-8`;
  return { status, headers: { 'content-type': contentType, server: 'Microsoft-HTTPAPI/2.0' }, body };
}

function unauthorized(detail: string): Refusal {
  return new Refusal(401, '401', detail, { 'www-authenticate': 'Bearer realm="https://servicebus.azure.net"' });
}

function answerRefusal(
  { status, message, headers }: Refusal,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const time = new Date(context.clock.now()).toISOString();
  const text = `${xmlText(message)} TrackingId:${request.requestId}_G1, SystemTracker:${xmlText(new URL(request.base).hostname)}, Timestamp:${time}`;
  return {
    status,
    headers: { 'content-type': 'application/xml; charset=utf-8', server: 'Microsoft-HTTPAPI/2.0', ...headers },
    body: `<Error><Code>${status}</Code><Detail>${text}</Detail></Error>`,
  };
}
