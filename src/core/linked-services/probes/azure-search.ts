import { member, textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import { type AzureRole, dataRoles } from '../../identities/azure-roles.ts';
import { closedHint, isClosed } from '../data-plane-client.ts';
import { explainRefusal } from '../data-roles.ts';
import { fail, type LinkedService, type ProbeStage, pass, warn, wordsOf } from '../linked-service.ts';
import type { ProbeContext, ServiceProbe } from '../service-probe.ts';

const apiVersion = 'api-version=2024-07-01';

/**
 * Azure AI Search: lists the names of the indexes, and counts the documents of the first one. Owner, Contributor and
 * Reader see the definitions of indexes; documents take a data role.
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
    const outcome = await context.http.get(`/indexes?$select=name&${apiVersion}`, { Accept: 'application/json' });
    if (outcome.answer?.status !== 200) return outcome.stages ?? readRefusal(outcome.answer, context, listingRoles);
    return countDocuments(outcome.answer.body, context);
  },
};

/** Roles that let the names of indexes be listed, and those that let documents be read. */
const listingRoles: readonly AzureRole[] = [dataRoles.searchIndexContributor, dataRoles.searchService];
const documentRoles: readonly AzureRole[] = [dataRoles.searchIndexContributor, dataRoles.searchIndexReader];

async function countDocuments(body: unknown, context: ProbeContext): Promise<readonly ProbeStage[]> {
  const reached = pass('network', `${quoted(context.service.endpoint)} answers.`);
  const indexes = member(body, 'value');
  const name = textOf(member(Array.isArray(indexes) ? indexes[0] : undefined, 'name'));
  if (!/^[a-z0-9][a-z0-9-]{0,127}$/.test(name)) {
    return [reached, pass('authorize', 'Index names can be listed; there is no index whose documents could be read.')];
  }
  const outcome = await context.http.get(`/indexes/${name}/docs/$count?${apiVersion}`, { Accept: 'text/plain' });
  if (outcome.answer?.status !== 200) return outcome.stages ?? readRefusal(outcome.answer, context, documentRoles);
  return [reached, pass('authorize', `Documents of the index ${quoted(name)} can be read.`)];
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
  const code = textOf(member(error, 'code')) || String(status);
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
