import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import { authenticate, childNames, type DataPlaneCall, type DataPlaneParts, findAccount } from './data-plane-call.ts';
import { xmlText } from './xml.ts';

const namespaceType = 'Microsoft.ServiceBus/namespaces';
const manage = 'Microsoft.ServiceBus/namespaces/manage/action';

/**
 * The management endpoint of Service Bus, as far as queues and topics are listed. Errors: "Service Bus troubleshooting
 * guide" and the ATOM protocol of "Service Bus runtime REST".
 */
export function createServiceBusService({ arm }: DataPlaneParts): SandboxService {
  return {
    name: 'servicebus',
    async handle(request, context) {
      const account = findAccount(request, namespaceType, arm);
      if (!account) return failure(request, context, 404, 'The specified namespace does not exist.');
      if (account.properties['publicNetworkAccess'] === 'Disabled') {
        return failure(request, context, 401, 'Ip has been prevented to connect to the endpoint.');
      }
      // Without a token the endpoint tells what is listed for everybody.
      if (!request.headers['authorization']) return feed(request, context, 'Publicly Listed Services', []);
      const caller = await authenticate(request, ['https://servicebus.azure.net'], context);
      if (caller.problem !== undefined) {
        const code = /audience/i.test(caller.message) ? 'InvalidAudience' : 'InvalidSignature';
        return failure(request, context, 401, `${code}: The token is not valid. SubCode=40103.`);
      }
      const call = { request, context, arm, account, query: new URLSearchParams(request.rawQuery) };
      return arm.hasDataRole(caller.objectId, account.id, manage) ? route(call) : roleMissing(call);
    },
  };
}

function route({ request, context, arm, account, query }: DataPlaneCall): SandboxResponse {
  const listed = /^\/(?:\$|%24)Resources\/(queues|topics)$/i.exec(request.rawPath)?.[1]?.toLowerCase();
  if (request.method !== 'GET' || listed === undefined) {
    const message = `The sandbox does not emulate ${request.method} ${request.rawPath} of Service Bus.`;
    return failure(request, context, 501, message);
  }
  const skip = Number(query.get('$skip') ?? 0);
  const top = Number(query.get('$top') ?? 100);
  const names = childNames(account, `${namespaceType}/${listed}`, arm);
  return feed(request, context, listed === 'queues' ? 'Queues' : 'Topics', names.slice(skip, skip + top));
}

function feed(
  request: SandboxRequest,
  context: SandboxContext,
  title: string,
  names: readonly string[],
): SandboxResponse {
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

function roleMissing({ request, context }: DataPlaneCall): SandboxResponse {
  const host = request.base.replace(/^https?:\/\//, '');
  const message = `Unauthorized: Unauthorized access for 'Manage' operation on endpoint 'sb://${host}${request.rawPath}'. SubCode=40100: Unauthorized.`;
  return failure(request, context, 401, message);
}

function failure(request: SandboxRequest, context: SandboxContext, status: number, detail: string): SandboxResponse {
  const time = new Date(context.clock.now()).toISOString();
  const text = `${xmlText(detail)} TrackingId:${request.requestId}_G1, SystemTracker:${xmlText(new URL(request.base).hostname)}, Timestamp:${time}`;
  return {
    status,
    headers: {
      'content-type': 'application/xml; charset=utf-8',
      server: 'Microsoft-HTTPAPI/2.0',
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="https://servicebus.azure.net"' } : {}),
    },
    body: `<Error><Code>${status}</Code><Detail>${text}</Detail></Error>`,
  };
}
