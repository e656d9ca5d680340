import type { LinkedService, LinkedServiceKind, ProbedService } from '../../linked-services/linked-service.ts';
import type { CheckResult, ConnectionScope } from '../../record/connection.ts';
import { azureScopeOf } from './azure-scope.ts';
import { type CheckContext, failureLine, skipLine, type ValidationCheck } from './check.ts';

const baseName = 'data_plane';

/** Probes of one validation: beyond them `list_linked_services` is the tool. */
const mostProbed = 10;
const mostNamed = 5;

/** The services that a scope is for. */
const kindOfScope: Readonly<Partial<Record<ConnectionScope, LinkedServiceKind>>> = {
  storage: 'blob',
  broker: 'servicebus',
  database: 'postgresql',
  graph: 'cosmos-gremlin',
  vector: 'azure-search',
};

/** Tries the linked services of the scopes with the smallest harmless call, one line each. */
export const dataPlaneCheck: ValidationCheck = {
  name: baseName,
  async run(context) {
    const kinds = context.record.scopes.flatMap((scope) => kindOfScope[scope] ?? []);
    if (kinds.length === 0) return [];
    if (!context.findings.tokens.has('resource_manager')) {
      return [skipLine(baseName, 'There is no token for Azure Resource Manager to find linked services with.')];
    }
    if (azureScopeOf(context.record) === undefined) {
      return [
        skipLine(
          baseName,
          'The connection names no subscription to find linked services in.',
          'Supply subscription_id with complete_connection.',
        ),
      ];
    }
    try {
      return await probeKinds(kinds, context);
    } catch (error) {
      return [failureLine(baseName, error)];
    }
  },
};

async function probeKinds(kinds: readonly LinkedServiceKind[], context: CheckContext): Promise<readonly CheckResult[]> {
  const { connection, linkedServices, call } = context;
  const found = await linkedServices.discover(connection, kinds, call);
  const chosen = chooseFairly(kinds, found);
  const probed = await Promise.all(chosen.map((service) => linkedServices.probe(connection, service, call)));
  return [
    ...kinds.flatMap((kind) => linesOfKind(kind, probed)),
    ...restLines(found.filter((service) => !chosen.includes(service))),
  ];
}

/** Services of every kind in turn, so that many of one kind do not leave the others out. */
function chooseFairly(kinds: readonly LinkedServiceKind[], found: readonly LinkedService[]): readonly LinkedService[] {
  const byKind = kinds.map((kind) => found.filter(({ service }) => service === kind));
  const rounds = Math.max(0, ...byKind.map(({ length }) => length));
  const inTurn = Array.from({ length: rounds }, (_, round) =>
    byKind.flatMap((services) => services.slice(round, round + 1)),
  );
  return inTurn.flat().slice(0, mostProbed);
}

function linesOfKind(kind: LinkedServiceKind, probed: readonly ProbedService[]): readonly CheckResult[] {
  const services = probed.filter(({ service }) => service === kind);
  if (services.length === 0) {
    return [
      skipLine(
        `${baseName}.${kind}`,
        `No service of kind ${kind} is visible to the connection.`,
        'Create one, or assign Reader where it is, so that it can be found.',
      ),
    ];
  }
  // One that can be used is what the scope asks for; the others are told, and do not make the connection a failure.
  const isOneUsable = services.some(({ usable }) => usable);
  return services.map((service) => lineOf(service, isOneUsable));
}

function lineOf({ service, name, resource_group, usable, stages }: ProbedService, isOneUsable: boolean): CheckResult {
  const check = `${baseName}.${service}.${name}`;
  const where = `${name} in ${resource_group}`;
  // A stage that was not tried explains itself only where no other one says why.
  const failed = stages.find(({ status }) => status === 'fail');
  const told =
    failed ?? stages.find(({ status }) => status === 'warn') ?? stages.find(({ status }) => status === 'skip');
  if (told === undefined) {
    return usable
      ? { check, status: 'pass', detail: `${where} can be used.` }
      : { check, status: 'warn', detail: `${where} cannot be used, and does not say why.` };
  }
  const { stage, detail, code, hint } = told;
  const status = failed === undefined || isOneUsable ? 'warn' : 'fail';
  return {
    check,
    status: told.status === 'skip' ? 'skip' : status,
    detail: `${where}, stage ${stage}: ${detail}${code === undefined ? '' : ` (${code})`}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

function restLines(rest: readonly LinkedService[]): readonly CheckResult[] {
  if (rest.length === 0) return [];
  const names = rest.slice(0, mostNamed).map(({ name }) => name);
  return [
    skipLine(
      baseName,
      `${rest.length} more found and not probed: ${names.join(', ')}${rest.length > names.length ? ', …' : ''}.`,
      'Run list_linked_services with probe: true to try all of them.',
    ),
  ];
}
