import { quoted, quoteNames } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { LinkedService, LinkedServiceKind, ProbedService } from '../../linked-services/linked-service.ts';
import type { CheckResult, ConnectionScope } from '../../record/connection.ts';
import { azureScopeOf } from './azure-scope.ts';
import { type CheckContext, failureLine, linesOf, skipLine, type ValidationCheck } from './check.ts';

const baseName = 'data_plane';
const { skip } = linesOf(baseName);

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
      return [skip('There is no token for Azure Resource Manager to find linked services with.')];
    }
    if (azureScopeOf(context.record) === undefined) {
      return [
        skip(
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

/** Takes services of every kind in turn, so that many of one kind do not crowd out the others. */
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
        `Create one, or assign Reader where it is, so that it can be found.${kind === 'cosmos-gremlin' ? ' If Microsoft Graph was meant, that is the scope directory.' : ''}`,
      ),
    ];
  }
  // One usable service satisfies the scope; the others are reported but do not fail the connection.
  const isOneUsable = services.some(({ usable }) => usable);
  return services.map((service) => lineOf(service, isOneUsable));
}

function lineOf({ service, name, resource_group, usable, stages }: ProbedService, isOneUsable: boolean): CheckResult {
  const check = `${baseName}.${service}.${name.replace(/[^\w.-]/g, '').slice(0, 90)}`;
  const where = `${quoted(name)} in ${quoted(resource_group)}`;
  // A skipped stage is the explanation only if no other stage gives one.
  const failed = stages.find(({ status }) => status === 'fail');
  const told =
    failed ?? stages.find(({ status }) => status === 'warn') ?? stages.find(({ status }) => status === 'skip');
  if (told === undefined) {
    const limit = stages.find(({ partial }) => partial)?.detail;
    return usable
      ? { check, status: 'pass', detail: `${where} can be used.${limit === undefined ? '' : ` ${limit}`}` }
      : { check, status: 'warn', detail: `${where} cannot be used, and does not say why.` };
  }
  const { stage, detail, code, hint } = told;
  const status = failed === undefined || isOneUsable ? 'warn' : 'fail';
  return {
    check,
    status: told.status === 'skip' ? 'skip' : status,
    detail: `${where}, stage ${stage}: ${detail}${code === undefined ? '' : ` (${quoted(code)})`}`,
    ...withoutUndefined({ hint }),
  };
}

function restLines(rest: readonly LinkedService[]): readonly CheckResult[] {
  if (rest.length === 0) return [];
  const names = rest.slice(0, mostNamed).map(({ name }) => name);
  return [
    skip(
      `${rest.length} more found and not probed: ${quoteNames(names)}${rest.length > names.length ? ', …' : ''}.`,
      'Run list_linked_services with probe: true to try all of them.',
    ),
  ];
}
