import type { ApiResponse } from '../../http/api-client.ts';
import { closedHint, isClosed } from '../data-plane-client.ts';
import { dataRoles } from '../data-roles.ts';
import type { LinkedService, ProbeStage } from '../linked-service.ts';
import { explainRefusal } from '../role-assignments.ts';
import { member, textOf } from '../service-kinds.ts';
import { fail, oneLine, type ProbeContext, pass, type ServiceProbe, warn } from '../service-probe.ts';

const path = '/indexes?$select=name&api-version=2024-07-01';

/**
 * Azure AI Search: lists the names of the indexes.
 * https://learn.microsoft.com/azure/search/search-security-rbac
 */
export const azureSearchProbe: ServiceProbe = {
  inspect(service) {
    const status = textOf(service.properties['status'])?.toLowerCase() ?? 'running';
    if (status === 'running') {
      return pass('discover', 'The service is running.');
    }
    const detail = `The service is ${status}.`;
    const extra = { code: status, hint: 'Look at the service in the portal; it says why and what to do.' };
    return status === 'degraded' ? warn('discover', detail, extra) : fail('discover', detail, extra);
  },

  async reach(context) {
    const outcome = await context.http.get(path, { Accept: 'application/json' });
    return outcome.stages ?? readAnswer(outcome.answer, context);
  },
};

async function readAnswer(answer: ApiResponse, context: ProbeContext): Promise<readonly ProbeStage[]> {
  const { service } = context;
  const reached = pass('network', `${service.endpoint} answers.`);
  const { status, body } = answer;
  if (status === 200) {
    return [reached, pass('authorize', 'Index names can be listed.')];
  }
  const error = member(body, 'error');
  const code = textOf(member(error, 'code')) ?? String(status);
  const said = `The service answered ${status}${code === String(status) ? '' : ` ${code}`}.`;
  if (status === 403 && isClosed(service)) {
    // In this mode the service says the same for a closed network and for a missing role.
    return [
      fail('network', `${said} Its public network access is off.`, { code, hint: closedHint(service) }),
      notTried,
    ];
  }
  if (status !== 401 && status !== 403) {
    const message = oneLine(textOf(member(error, 'message')) ?? '');
    const hint = 'Read the message of the service, then probe again.';
    return [reached, fail('authorize', `${said} ${message}`.trimEnd(), { code, hint })];
  }
  return [reached, takesKeysOnly(service) ? keysOnly(service, code, said) : await refused(context, code, said)];
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
    hint: `Switch roles on: az search service update --ids ${service.id} --auth-options aadOrApiKey --aad-auth-failure-mode http401WithBearerChallenge`,
  });
}

function refused(context: ProbeContext, code: string, said: string): Promise<ProbeStage> {
  const { service } = context;
  const rules = member(service.properties['networkRuleSet'], 'ipRules');
  const hasRules = Array.isArray(rules) && rules.length > 0;
  return explainRefusal(context, {
    code,
    detail: said,
    wanted: dataRoles.searchIndexContributor,
    sufficient: [dataRoles.searchIndexContributor, dataRoles.searchService],
    ...(hasRules ? { also: 'The service has address rules as well: check that this address is among them.' } : {}),
  });
}
