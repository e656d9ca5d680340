import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';
import {
  childNames,
  createDataPlane,
  type DataPlane,
  type DataPlaneCall,
  type DataPlaneParts,
  type SignedInCall,
  xmlText,
} from './data-plane-service.ts';

const namespaceType = 'Microsoft.ServiceBus/namespaces';
const manage = 'Microsoft.ServiceBus/namespaces/manage/action';

/**
 * The management endpoint of Service Bus, limited to listing queues and topics. Errors: "Service Bus troubleshooting
 * guide" and the ATOM protocol of "Service Bus runtime REST".
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
    return call.request.headers['authorization'] ? undefined : feed(call, 'Publicly Listed Services', []);
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
  routes: [{ method: 'GET', path: '/$Resources/{kind}', handle: listEntities }],
  patterns: { kind: 'queues|topics' },
  describe: ({ request }) => `${request.method} ${request.rawPath} of Service Bus`,
  answerRefusal,
};

export function createServiceBusService(parts: DataPlaneParts): SandboxService {
  return createDataPlane(serviceBus, parts);
}

function listEntities(call: SignedInCall): SandboxResponse {
  const kind = call.params['kind']?.toLowerCase();
  const skip = Number(call.query.get('$skip') ?? 0);
  const top = Number(call.query.get('$top') ?? 100);
  const names = childNames(call, `${namespaceType}/${kind}`);
  return feed(call, kind === 'queues' ? 'Queues' : 'Topics', names.slice(skip, skip + top));
}

function feed({ request, context }: DataPlaneCall, title: string, names: readonly string[]): SandboxResponse {
  const updated = new Date(context.clock.now()).toISOString();
  const entries = names.map(
    (name) =>
      `<entry xml:base="${xmlText(request.base)}/"><id>${xmlText(request.base)}/${xmlText(name)}</id><title type="text">${xmlText(name)}</title><updated>${updated}</updated></entry>`,
  );
  return {
    status: 200,
    headers: { 'content-type': 'application/atom+xml;type=feed;charset=utf-8', server: 'Microsoft-HTTPAPI/2.0' },
    body: `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">${title}</title><updated>${updated}</updated>${entries.join('')}</feed>`,
  };
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
