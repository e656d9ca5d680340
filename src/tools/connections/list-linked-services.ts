import { z } from 'zod';
import { quoted } from '../../core/base/plain-text.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
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
    'Lists the data services that a connection can reach: ' +
    'storage accounts, Service Bus namespaces, Postgres and Cosmos DB Gremlin databases, Azure AI Search. ' +
    'With probe it tries each: usable, or the step that fails with the missing role or setting.',
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
    only_failing: z.boolean().optional().describe('Probe, and show only what does not work.'),
  }),
  async run({ services, probe = false, only_failing: onlyFailing = false }, context) {
    const kinds = services === undefined ? linkedServiceKinds : [...new Set(services)];
    const found = await context.linkedServices.discover(context, kinds, context.call);
    const value =
      probe || onlyFailing
        ? probedGroups(kinds, await probeAll(found, context), onlyFailing)
        : kinds.map((kind) => foundGroup(kind, found));
    return { status: 200, data: { value }, list: { count: value.length, complete: true } };
  },
});

function foundGroup(kind: LinkedServiceKind, all: readonly LinkedService[]) {
  const resources = all.filter(({ service }) => service === kind);
  return {
    service: kind,
    found: resources.length,
    // Subscription and resource group stand in the id.
    resources: resources.map(({ id, name, location, endpoint, properties }) => ({
      id,
      name,
      location,
      endpoint,
      properties,
    })),
  };
}

function probedGroups(kinds: readonly LinkedServiceKind[], all: readonly ProbedService[], onlyFailing: boolean) {
  const explained = new Map<string, string>();
  const groups = kinds.map((kind) => {
    const probed = all.filter(({ service }) => service === kind);
    const shown = onlyFailing ? probed.filter(isInTrouble) : probed;
    return {
      service: kind,
      found: probed.length,
      usable: probed.filter(({ usable }) => usable).length,
      resources: shown.map((one) => describeProbed(one, explained)),
    };
  });
  return onlyFailing ? groups.filter(({ resources }) => resources.length > 0) : groups;
}

function isInTrouble({ usable, stages }: ProbedService): boolean {
  return !usable || stages.some(({ status }) => status === 'warn' || status === 'fail');
}

/** One service after its probe: what passed needs no words, and what several have in common is said once. */
function describeProbed(
  { id, name, location, endpoint, usable, stages }: ProbedService,
  explained: Map<string, string>,
) {
  const known = { id, name, location, endpoint, usable };
  const limit = stages.find(({ partial }) => partial)?.detail;
  const telling = stages.filter(({ status }) => status === 'warn' || status === 'fail');
  // A stage that was not tried explains something only where no other one does.
  const troubles = telling.length > 0 || usable ? telling : stages.filter(({ status }) => status === 'skip');
  if (troubles.length === 0) return withoutUndefined({ ...known, limit });
  const first = explained.get(JSON.stringify(troubles));
  if (first !== undefined) return { ...known, stages_as: first };
  explained.set(JSON.stringify(troubles), name);
  return { ...known, stages: troubles };
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
