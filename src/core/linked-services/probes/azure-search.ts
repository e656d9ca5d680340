import { type AzureRole, azureRoles, dataRoles } from '../../apis/arm/built-in-roles.ts';
import { member, textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import { coversScope } from '../../identities/held-roles.ts';
import { grantHint } from '../../identities/role-commands.ts';
import { closedHint, isClosed } from '../data-plane-client.ts';
import { type DataRoleAssignment, explainRefusal, fetchDataRoles } from '../data-roles.ts';
import { fail, type LinkedService, type ProbeStage, pass, passPartly, warn, wordsOf } from '../linked-service.ts';
import type { ProbeContext, ServiceProbe } from '../service-probe.ts';

const apiVersion = 'api-version=2024-07-01';

/**
 * Azure AI Search, in two steps: the definitions of its indexes, and the documents of one. Owner, Contributor, Reader and
 * Search Service Contributor read definitions and no documents; the two data roles read documents and no definitions. So
 * neither step says anything about the other.
 * https://learn.microsoft.com/azure/search/search-security-rbac
 */
export const azureSearchProbe: ServiceProbe = {
  inspect(service) {
    const status = textOf(service.properties['status']).toLowerCase() || 'running';
    if (status === 'running') return pass('discover', 'The service is running.');
    const detail = `The service is ${quoted(status)}.`;
    const extra = { code: status, hint: 'Look at the service in the portal; it says why and what to do.' };
    return status === 'degraded' ? warn('discover', detail, extra) : fail('discover', detail, extra);
  },

  async reach(context) {
    const { answer, stages } = await context.http.get(`/indexes?$select=name&${apiVersion}`, {
      Accept: 'application/json',
    });
    if (answer === undefined) return stages;
    if (answer.status === 200) return withDefinitions(answer.body, context);
    return isRefusedByRole(answer, context.service)
      ? withoutDefinitions(answer, context)
      : readRefusal(answer, context, documentRoles);
  },
};

/** The data role that lets definitions be read, and those that let documents be read. */
const definitionRoles: readonly AzureRole[] = [dataRoles.searchService];
const documentRoles: readonly AzureRole[] = [dataRoles.searchIndexContributor, dataRoles.searchIndexReader];

const indexName = /^[a-z0-9][a-z0-9-]{0,127}$/;

async function withDefinitions(body: unknown, context: ProbeContext): Promise<readonly ProbeStage[]> {
  const reached = pass('network', `${quoted(context.service.endpoint)} answers.`);
  const indexes = member(body, 'value');
  const name = textOf(member(Array.isArray(indexes) ? indexes[0] : undefined, 'name'));
  if (!indexName.test(name)) {
    return [reached, pass('authorize', 'Index names can be listed; there is no index whose documents could be read.')];
  }
  const { answer, stages } = await countDocuments(name, context);
  if (answer === undefined) return stages;
  if (answer.status === 200) {
    return [reached, pass('authorize', `Definitions, and documents of the index ${quoted(name)}, can be read.`)];
  }
  const other = await indexOfRole(answer, name, context);
  if (other === undefined) return readRefusal(answer, context, documentRoles);
  const detail = `Definitions, and documents of the index ${quoted(other)}, can be read; documents of ${quoted(name)} cannot.`;
  return [reached, passPartly('authorize', detail)];
}

/** Another index, which a role is assigned at, and whose documents can be read. */
async function indexOfRole(refusal: ApiResponse, refused: string, context: ProbeContext): Promise<string | undefined> {
  if (!isRefusedByRole(refusal, context.service)) return undefined;
  const name = assignedIndex((await fetchDataRoles(context)) ?? [], context.service);
  if (name === undefined || name === refused) return undefined;
  return (await countDocuments(name, context)).answer?.status === 200 ? name : undefined;
}

/** A vector reader is refused the definitions and may read documents all the same: of an index that is known by name. */
async function withoutDefinitions(answer: ApiResponse, context: ProbeContext): Promise<readonly ProbeStage[]> {
  const { service, principal } = context;
  const assignments = await fetchDataRoles(context);
  const name = assignments === undefined ? undefined : assignedIndex(assignments, service);
  if (name !== undefined) {
    const counted = await countDocuments(name, context);
    if (counted.answer === undefined) return counted.stages;
    if (counted.answer.status !== 200) return readRefusal(counted.answer, context, documentRoles);
    const detail = `Documents of the index ${quoted(name)} can be read; definitions of indexes cannot.`;
    return [pass('network', `${quoted(service.endpoint)} answers.`), passPartly('authorize', detail)];
  }
  const covering = assignments?.filter((one) => coversScope(one, service.id));
  if (covering?.some(({ role }) => definitionRoles.includes(role))) {
    return readRefusal(answer, context, definitionRoles);
  }
  const held = covering?.find(({ role }) => documentRoles.includes(role));
  if (covering !== undefined && held === undefined) return readRefusal(answer, context, documentRoles);
  const role = held === undefined ? '' : ` ${held.role.name} is assigned, which opens documents and no definitions.`;
  return [
    pass('network', `${quoted(service.endpoint)} answers.`),
    warn('authorize', `Documents are not proven: indexes may not be listed, and none is known by name.${role}`, {
      code: codeOf(answer),
      hint: `Query one of its indexes by name, or let the probe find one. ${grantHint(azureRoles.reader, service.id, principal)}`,
    }),
  ];
}

/** An index that a data role is assigned at: the only ones that ARM names. */
function assignedIndex(assignments: readonly DataRoleAssignment[], { id }: LinkedService): string | undefined {
  const below = `${id.toLowerCase()}/indexes/`;
  return assignments
    .filter(({ role, scope }) => documentRoles.includes(role) && scope.toLowerCase().startsWith(below))
    .map(({ scope }) => scope.slice(below.length))
    .find((name) => indexName.test(name));
}

function countDocuments(name: string, context: ProbeContext) {
  return context.http.get(`/indexes/${name}/docs/$count?${apiVersion}`, { Accept: 'text/plain' });
}

/** Not by the network, and not because the service knows no roles. */
function isRefusedByRole({ status }: ApiResponse, service: LinkedService): boolean {
  return (status === 401 || status === 403) && !isClosed(service) && !takesKeysOnly(service);
}

function codeOf({ status, body }: ApiResponse): string {
  return textOf(member(member(body, 'error'), 'code')) || String(status);
}

async function readRefusal(
  answer: ApiResponse,
  context: ProbeContext,
  sufficient: readonly AzureRole[],
): Promise<readonly ProbeStage[]> {
  const { service } = context;
  const reached = pass('network', `${quoted(service.endpoint)} answers.`);
  const { status, body } = answer;
  const error = member(body, 'error');
  const code = codeOf(answer);
  const said = `The service answered ${status}${code === String(status) ? '' : ` ${quoted(code)}`}.`;
  if (status === 403 && isClosed(service)) {
    // In this mode the service says the same for a closed network and for a missing role.
    return [
      fail('network', `${said} Its public network access is off.`, { code, hint: closedHint(service) }),
      notTried,
    ];
  }
  if (status !== 401 && status !== 403) {
    const message = wordsOf(textOf(member(error, 'message')));
    const hint = 'Look at the health of the service in the portal (Resource health), then probe again.';
    return [reached, fail('authorize', `${said} ${message}`.trimEnd(), { code, hint })];
  }
  return [
    reached,
    takesKeysOnly(service) ? keysOnly(service, code, said) : await refused(context, code, said, sufficient),
  ];
}

const notTried: ProbeStage = {
  stage: 'authorize',
  status: 'skip',
  detail: 'Not told apart: the network refuses this address.',
};

/** A new service takes keys alone, until roles are switched on. */
function takesKeysOnly({ properties }: LinkedService): boolean {
  return properties['disableLocalAuth'] !== true && member(properties['authOptions'], 'aadOrApiKey') === undefined;
}

function keysOnly(service: LinkedService, code: string, said: string): ProbeStage {
  return fail('authorize', `${said} The service takes keys only (authOptions.apiKeyOnly): no role lets a token in.`, {
    code,
    hint: `Allow role-based access control: ${quoted(`az search service update --ids ${service.id} --auth-options aadOrApiKey --aad-auth-failure-mode http401WithBearerChallenge`, 600)}.`,
  });
}

function refused(
  context: ProbeContext,
  code: string,
  said: string,
  sufficient: readonly AzureRole[],
): Promise<ProbeStage> {
  const { service } = context;
  const rules = member(service.properties['networkRuleSet'], 'ipRules');
  const hasRules = Array.isArray(rules) && rules.length > 0;
  return explainRefusal(context, {
    code,
    detail: said,
    wanted: dataRoles.searchIndexContributor,
    sufficient,
    ...(hasRules ? { also: 'The service has address rules as well: check that this address is among them.' } : {}),
  });
}
