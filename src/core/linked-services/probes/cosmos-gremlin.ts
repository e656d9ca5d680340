import { readVersionRefusal } from '../../apis/arm/served-versions.ts';
import { AppError } from '../../base/errors.ts';
import { textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import { closedHint, isClosed, unreachable } from '../data-plane-client.ts';
import { fail, type LinkedService, type ProbeStage, pass, skip, warn, wordsOf } from '../linked-service.ts';
import { childNames, nobodyThere, type ProbeContext, type ServiceProbe } from '../service-probe.ts';
import type { GremlinFailure } from './gremlin-session.ts';

/** First stable version with roles for Gremlin. */
const rolesVersion = '2026-03-15';

/**
 * The versions that have these roles, the stable one first; others before and between do not, and not every cloud and region
 * serves every version.
 * https://learn.microsoft.com/azure/cosmos-db/gremlin/how-to-connect-role-based-access-control
 */
const rolesVersions = [rolesVersion, '2025-11-01-preview', '2025-05-01-preview'];

/**
 * Azure Cosmos DB for Apache Gremlin: signs in to a graph with the token, where the account has roles for that.
 * https://learn.microsoft.com/azure/cosmos-db/gremlin/
 */
export const cosmosGremlinProbe: ServiceProbe = {
  inspect(service) {
    const state = textOf(service.properties['provisioningState']) || 'Succeeded';
    return state === 'Succeeded'
      ? pass('discover', 'The account is provisioned and has the Gremlin API.')
      : warn('discover', `The account is ${quoted(state)}.`, { code: state });
  },

  async reach(context) {
    const { service, call } = context;
    const roles = await readRoles(context);
    if (roles === 'none') return keysOnly(service);
    const nobody = nobodyThere(context);
    if (nobody !== undefined) return nobody;
    const graph = await findGraph(context);
    if (graph === undefined) {
      return [
        skip('network', 'Not tried: the account has no graph that ARM shows.'),
        skip('authorize', 'Not tried: signing in takes a graph, and ARM shows none.'),
      ];
    }
    const { evaluateNothing } = await import('./gremlin-session.ts');
    const password = await context.token();
    const proxy = context.proxyFor(service.endpoint);
    const url = `${service.endpoint}/`;
    const failure = await evaluateNothing({ url, ...graph, password, signal: call.signal, proxy });
    if (failure === undefined) {
      const detail = `Signed in to the graph ${quoted(`${graph.database}/${graph.graph}`)}.`;
      return [pass('network', `${quoted(service.endpoint)} answers.`), pass('authorize', detail)];
    }
    return readFailure(failure, roles, context);
  },
};

/** An account without roles takes keys alone; a token would be sent for nothing. */
function keysOnly(service: LinkedService): readonly ProbeStage[] {
  const off = service.properties['disableLocalAuth'] === true ? ' Keys are switched off as well.' : '';
  return [
    skip('network', 'Not tried: the account takes no Entra tokens for Gremlin.'),
    warn('authorize', `Entra data access is not available: this account takes keys only for Gremlin.${off}`, {
      code: 'keys_only',
      hint: `Use an account key from its owner, or an account whose API version has gremlinRoleAssignments (${rolesVersion}); ${quoted(`az cosmosdb show --ids ${service.id}`, 600)} shows it.`,
    }),
  ];
}

/**
 * What ARM tells about roles for Gremlin. `not_served`: this cloud serves no version that has them, which says nothing about
 * the account. `unknown`: it refuses to tell.
 */
type Roles = 'some' | 'none' | 'not_served' | 'unknown';

async function readRoles({ connection, service, call }: ProbeContext): Promise<Roles> {
  const path = `${service.id}/gremlinRoleAssignments`;
  for (const apiVersion of rolesVersions) {
    try {
      await connection.arm.send({ method: 'GET', path, apiVersion, versionIsAsked: true }, call);
      return 'some';
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'cancelled' || call.signal.aborted) throw error;
      if (readVersionRefusal(error) !== undefined) continue;
      return error.status === 400 || error.status === 404 || error.status === 405 ? 'none' : 'unknown';
    }
  }
  return 'not_served';
}

interface GraphName {
  readonly database: string;
  readonly graph: string;
}

/** Databases beyond this number are not searched for a graph. */
const mostDatabases = 3;

async function findGraph(context: ProbeContext): Promise<GraphName | undefined> {
  const databases = await childNames(context, 'gremlinDatabases', mostDatabases);
  for (const database of databases.filter(isPlain).slice(0, mostDatabases)) {
    const graphs = await childNames(context, `gremlinDatabases/${database}/graphs`, 1);
    const graph = graphs.find(isPlain);
    if (graph !== undefined) return { database, graph };
  }
  return undefined;
}

function isPlain(name: string): boolean {
  return !/[/?#\\]/.test(name);
}

function readFailure(failure: GremlinFailure, roles: Roles, context: ProbeContext): readonly ProbeStage[] {
  const { service } = context;
  const { code } = failure;
  if (failure.failure !== undefined) return unreachable(service, failure.failure);
  const { message } = failure;
  const detail = `The account answered ${quoted(code)}: ${wordsOf(message) || 'nothing'}.`;
  if (/firewall|originated from IP|through public internet/i.test(message)) {
    const hint = isClosed(service)
      ? closedHint(service)
      : `Let this address in: ${quoted(`az cosmosdb update --ids ${service.id} --ip-range-filter <public address of this machine>`, 600)}.`;
    return [
      fail('network', detail, { code, hint }),
      skip('authorize', 'Not tried: the firewall refuses this address.'),
    ];
  }
  const reached = pass('network', `${quoted(service.endpoint)} answers.`);
  if (code === '429') {
    return [
      reached,
      warn('authorize', detail, { code, hint: 'The graph is out of request units: probe again later.' }),
    ];
  }
  if (code === '401' || code === '403') {
    const refused = `Entra data access is refused. ${detail}`;
    return [reached, fail('authorize', refused, { code, hint: stepAfter(message, roles, context) })];
  }
  return [
    reached,
    fail('authorize', detail, {
      code,
      hint: 'Look at the health of the account in the portal (Diagnose and solve problems), then probe again.',
    }),
  ];
}

/** What only the data plane proves: whether the account takes the token at all, and what its principal lacks. */
function stepAfter(message: string, roles: Roles, context: ProbeContext): string {
  if (/audience|\b5008\b/i.test(message)) {
    return `The account names the audiences that it takes: set one as token_audience: { cosmos: … } of the cloud ${context.connection.cloud.name} in tenantry.yaml.`;
  }
  if (roles !== 'not_served') return grantHint(context);
  return `Roles for Gremlin cannot be read here: this cloud serves none of the API versions that have them (${rolesVersions.join(', ')}). Ask the owner of the account whether they exist for it.`;
}

/** Roles of Gremlin are the account's own. The name of an assignment is any GUID: the principal's own never clashes. */
function grantHint({ service, principal }: ProbeContext): string {
  const objectId = principal.objectId ?? '<object-id>';
  const role = `${service.id}/gremlinRoleDefinitions/00000000-0000-0000-0000-000000000002`;
  const body = JSON.stringify({ properties: { roleDefinitionId: role, scope: service.id, principalId: objectId } });
  const command = `az rest --method put --url ${service.id}/gremlinRoleAssignments/${objectId}?api-version=${rolesVersion} --body '${body}'`;
  return `Assign the built-in data contributor of the account: ${quoted(command, 1_500)}.`;
}
