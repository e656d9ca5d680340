import { dataRoles } from '../../apis/arm/built-in-roles.ts';
import { dataPlaneAudience } from '../../base/clouds.ts';
import { textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import { closedHint, isClosed } from '../data-plane-client.ts';
import { type DataRoleAssignment, explainRefusal, fetchDataRoles } from '../data-roles.ts';
import { isNowhere, parseEndpoint } from '../endpoint.ts';
import { fail, type LinkedService, type ProbeStage, pass, passPartly, skip, warn, wordsOf } from '../linked-service.ts';
import { childNames, type ProbeContext, type ServiceProbe } from '../service-probe.ts';
import type { Entity, MessagingOutcome } from './servicebus-amqp.ts';

const path = '/$Resources/queues?$skip=0&$top=1&api-version=2021-05';

/**
 * Service Bus: lists one queue over the management endpoint, which needs Manage (Data Owner). Who may only send or
 * receive is refused there, and tried over AMQP.
 * https://learn.microsoft.com/azure/service-bus-messaging/authenticate-application
 */
export const servicebusProbe: ServiceProbe = {
  inspect(service) {
    const status = textOf(service.properties['status']) || 'Active';
    if (status === 'Active') return pass('discover', 'The namespace is active.');
    const hint = 'Enable the namespace in the portal, or wait until it has been created.';
    return fail('discover', `The namespace is ${quoted(status)}.`, { code: status, hint });
  },

  async reach(context) {
    const outcome = await context.http.get(path, { Accept: 'application/atom+xml' });
    return outcome.stages ?? readAnswer(outcome.answer, context);
  },
};

async function readAnswer(answer: ApiResponse, context: ProbeContext): Promise<readonly ProbeStage[]> {
  const { service } = context;
  const reached = pass('network', `${quoted(service.endpoint)} answers.`);
  if (answer.status === 200) {
    return [reached, pass('authorize', 'Queues can be listed: the identity may manage, send and receive.')];
  }
  const { code, detail } = readError(answer);
  const said = `The service answered ${code}: ${wordsOf(detail) || 'no reason'}.`;
  if (/ip has been prevented|ip address is not allowed|public network|firewall/i.test(detail)) {
    return [
      fail('network', said, { code, hint: networkHint(service) }),
      skip('authorize', 'Not tried: the network rules of the namespace refuse this address.'),
    ];
  }
  if (answer.status !== 401 && answer.status !== 403) {
    return [
      reached,
      fail('authorize', said, {
        code,
        hint: 'Look at the health of the namespace in the portal (Diagnose and solve problems), then probe again.',
      }),
    ];
  }
  if (/InvalidIssuer|InvalidSignature|InvalidAudience|ExpiredToken|MalformedToken|invalid token/i.test(detail)) {
    const hint = 'Check that the subscription of the namespace trusts the tenant of the connection.';
    return [reached, fail('authorize', said, { code, hint })];
  }
  return [reached, await tryMessaging(context, code, said)];
}

function networkHint(service: LinkedService): string {
  return isClosed(service)
    ? closedHint(service)
    : `Let this address in: ${quoted(`az servicebus namespace network-rule-set ip-rule add --namespace-name ${service.name} --resource-group ${service.resource_group} --ip-rule ip-address=<public address of this machine> action=Allow`, 600)}.`;
}

/** `<Error><Code>401</Code><Detail>… SubCode=40100 …</Detail></Error>` */
function readError({ status, body }: ApiResponse): { readonly code: string; readonly detail: string } {
  const text = typeof body === 'string' ? body : '';
  const detail = /<Detail>([^<]{0,2000})/.exec(text)?.[1] ?? '';
  const code = /SubCode=(\d{5})/.exec(detail)?.[1] ?? /<Code>(\d{3,5})<\/Code>/.exec(text)?.[1] ?? String(status);
  const plain = detail.replace(/\s*(?:To know more visit|TrackingId:).*$/s, '');
  return { code, detail: plain };
}

/** Manage is refused: find out whether the identity may send or receive. */
async function tryMessaging(context: ProbeContext, code: string, said: string): Promise<ProbeStage> {
  const { service } = context;
  const assignments = await fetchDataRoles(context);
  const explain = (detail: string, also?: string) =>
    explainRefusal(context, {
      code,
      detail,
      wanted: dataRoles.serviceBusOwner,
      assignments,
      ...(also === undefined ? {} : { also }),
    });
  const entity = assignedEntity(assignments ?? [], service) ?? (await findEntity(context));
  if (entity === undefined) return explain(`${said} There is no queue or topic to try sending or receiving on.`);
  if (!takesMessages(service)) {
    return explain(`${said} This cloud has no message endpoint to try sending or receiving on.`);
  }
  const { tryEntity } = await import('./servicebus-amqp.ts');
  const { connection } = context;
  const outcome = await tryEntity({
    endpoint: service.endpoint,
    entity,
    audience: dataPlaneAudience(connection.cloud, 'servicebus'),
    tokens: connection.tokens,
    call: context.call,
    proxy: context.proxyFor(context.service.endpoint),
  });
  return readMessaging(outcome, entity, { context, said, explain });
}

/** Messages go over TLS to a host of their own; a sandbox has neither. */
function takesMessages({ endpoint }: LinkedService): boolean {
  const parsed = parseEndpoint(endpoint);
  return parsed?.scheme === 'https' && parsed.path === '' && !isNowhere(endpoint);
}

interface Refusal {
  readonly context: ProbeContext;
  readonly said: string;
  readonly explain: (detail: string, also?: string) => Promise<ProbeStage>;
}

function readMessaging(outcome: MessagingOutcome, entity: Entity, refusal: Refusal): ProbeStage | Promise<ProbeStage> {
  const { send, listen } = outcome;
  const may = [...(send.ok ? ['send to'] : []), ...(listen?.ok === true ? ['receive from'] : [])];
  if (may.length > 0) {
    return passPartly(
      'authorize',
      `The identity may ${may.join(' and ')} ${entity.kind} ${quoted(entity.name)}; it may not manage.`,
    );
  }
  const refusedCode = send.code ?? listen?.code ?? 'unknown';
  const { endpoint } = refusal.context.service;
  const proxy = refusal.context.proxyFor(endpoint);
  if (outcome.isRefused) return refusal.explain(`${refusal.said} Over AMQP: ${refusedCode}.`);
  return warn(
    'authorize',
    `${refusal.said} Whether it may send or receive is not known: AMQP failed (${refusedCode}).`,
    {
      code: refusedCode,
      hint: `Let WebSockets to ${quoted(endpoint)} through the ${proxy === undefined ? '' : `proxy ${quoted(proxy.shown)} and the `}firewall, then probe again.`,
    },
  );
}

/** A queue or topic with a role of its own: trying another one would tell nothing. */
function assignedEntity(assignments: readonly DataRoleAssignment[], { id }: LinkedService): Entity | undefined {
  for (const { scope } of assignments) {
    const below = scope.toLowerCase().startsWith(`${id.toLowerCase()}/`) ? scope.slice(id.length + 1) : '';
    const [, kind, name] = /^(queue|topic)s\/([^/]+)/i.exec(below) ?? [];
    if (name !== undefined) return { kind: kind?.toLowerCase() === 'topic' ? 'topic' : 'queue', name };
  }
  return undefined;
}

/** A queue, or a topic, that ARM knows. */
async function findEntity(context: ProbeContext): Promise<Entity | undefined> {
  for (const kind of ['queue', 'topic'] as const) {
    const [name] = await childNames(context, `${kind}s`, 1);
    if (name !== undefined) return { kind, name };
  }
  return undefined;
}
