import { z } from 'zod';
import { quoted } from '../../core/base/plain-text.ts';
import {
  type LinkedService,
  type LinkedServiceKind,
  linkedServiceKinds,
  type ProbedService,
} from '../../core/linked-services/linked-service.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { connection, listOf } from '../params.ts';

export const listLinkedServices = defineTool({
  name: 'list_linked_services',
  title: 'List linked services',
  description:
    'Finds storage accounts, Service Bus namespaces, PostgreSQL servers, Gremlin accounts and search services of the connection. ' +
    'With probe it tries each and names the missing role or setting.',
  toolset: 'connections',
  permissions: ['Reader on the subscription', 'The data role of each service for probe'],
  annotations: readOnly,
  goesOn: 'always',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  input: z.strictObject({
    connection,
    services: listOf(z.enum(linkedServiceKinds), 20).optional().describe('Default: all.'),
    probe: z.boolean().optional().describe('Try each with one small read.'),
  }),
  async run({ services, probe = false }, context) {
    const kinds = services === undefined ? linkedServiceKinds : [...new Set(services)];
    const found = await context.linkedServices.discover(context, kinds, context.call);
    const shown = probe ? await probeAll(found, context) : found;
    return {
      status: 200,
      data: { value: kinds.map((kind) => groupOf(kind, shown)) },
      list: { items: kinds.length, complete: true },
    };
  },
});

type Shown = LinkedService | ProbedService;

function groupOf(kind: LinkedServiceKind, shown: readonly Shown[]) {
  const resources = shown.filter(({ service }) => service === kind);
  const probed = resources.filter((one) => 'usable' in one);
  return {
    service: kind,
    found: resources.length,
    ...(probed.length === 0 ? {} : { usable: probed.filter(({ usable }) => usable).length }),
    resources: resources.map(({ service: _, ...rest }) => rest),
  };
}

/** Probes mostly wait for the network; more at once would strain the limits of the identity. */
const probesAtOnce = 4;

async function probeAll(
  found: readonly LinkedService[],
  context: ConnectionToolContext,
): Promise<readonly ProbedService[]> {
  const { linkedServices, call } = context;
  const probed: ProbedService[] = [];
  const waiting = found.entries();
  let done = 0;
  const work = async () => {
    for (const [index, service] of waiting) {
      probed[index] = await linkedServices.probe(context, service, call);
      done += 1;
      call.progress({ progress: done, total: found.length, message: `${service.service} ${quoted(service.name)}` });
    }
  };
  await Promise.all(Array.from({ length: probesAtOnce }, work));
  return probed;
}
