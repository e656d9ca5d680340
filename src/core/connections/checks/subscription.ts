import { z } from 'zod';
import { azureRoles } from '../../apis/arm/built-in-roles.ts';
import { readClaims } from '../../auth/token-claims.ts';
import { quoted } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import { grantHint } from '../../identities/role-commands.ts';
import type { CheckResult } from '../../record/connection.ts';
import { type AzureScope, azureScopeOf, listWorkspaces, usesAzure } from './azure-scope.ts';
import { type CheckContext, failureLine, linesOf, type ValidationCheck } from './check.ts';

const check = 'subscription';
const { pass, warn, fail, skip } = linesOf(check);

/** Whether the subscription, management group or workspace of the connection exists and lets it in. */
export const subscriptionCheck: ValidationCheck = {
  name: check,
  async run(context) {
    const { record, findings } = context;
    if (!usesAzure(record)) return [];
    if (!findings.tokens.has('resource_manager')) {
      return [skip('There is no token for Azure Resource Manager to look with.')];
    }
    try {
      const scope = azureScopeOf(record);
      return [await (scope === undefined ? lookAround(context) : visit(scope, context))];
    } catch (error) {
      return [failureLine(check, error)];
    }
  },
};

/** Versions for the types that ARM serves itself; the workspace's is resolved like any other. */
const apiVersions = { subscription: '2022-12-01', management_group: '2021-04-01', ml_workspace: undefined } as const;

async function visit(scope: AzureScope, context: CheckContext): Promise<CheckResult> {
  const { connection, record, call } = context;
  const apiVersion = apiVersions[record.scope_level];
  const request = withoutUndefined({
    method: 'GET' as const,
    path: scope.path,
    expectedStatuses: [403, 404],
    apiVersion,
  });
  const response = await connection.arm.send(request, call);
  switch (response.status) {
    case 403:
      return refused(scope, context);
    case 404:
      return missing(scope, response, context);
    default:
      return record.scope_level === 'subscription' ? judgeState(scope, response) : judgeResource(scope, response);
  }
}

const subscriptionSchema = z.object({ displayName: z.string().nullish(), state: z.string().nullish() });

/** States: https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states */
function judgeState(scope: AzureScope, { body }: ApiResponse): CheckResult {
  const { displayName, state } = subscriptionSchema.safeParse(body).data ?? {};
  const name = displayName == null ? `The ${scope.title}` : `The subscription ${quoted(displayName)}`;
  switch (state) {
    case 'Enabled':
    case undefined:
    case null:
      return pass(`${name} is reachable.`);
    case 'Warned':
    case 'PastDue':
      return warn(
        `${name} is reachable; its state is ${state}: it can still be used, and will be disabled.`,
        'Settle what is due: Azure portal > Cost Management + Billing > the subscription.',
      );
    default:
      return fail(
        `${name} is reachable; its state is ${quoted(state)}: its resources can only be read, if at all.`,
        'Reactivate it: Azure portal > Subscriptions > the subscription > Overview > Reactivate.',
      );
  }
}

const resourceSchema = z.object({ properties: z.object({ provisioningState: z.string().nullish() }).nullish() });

function judgeResource(scope: AzureScope, { body }: ApiResponse): CheckResult {
  const state = resourceSchema.safeParse(body).data?.properties?.provisioningState;
  return state == null || state === 'Succeeded'
    ? pass(`The ${scope.title} is reachable.`)
    : warn(
        `The ${scope.title} is reachable; its provisioning state is ${quoted(state)}.`,
        `Look at it: az resource show --ids ${scope.path}`,
      );
}

function refused(scope: AzureScope, { record, findings }: CheckContext): CheckResult {
  const claims = readClaims(findings.tokens.get('resource_manager')?.token ?? '');
  const who = { objectId: claims?.objectId, isPerson: claims?.isPerson ?? false };
  const role = record.access === 'read_only' ? azureRoles.reader : azureRoles.contributor;
  return fail(
    `The ${scope.title} answered 403: the identity ${who.objectId === undefined ? 'of the connection' : quoted(who.objectId)} has no role in it.`,
    grantHint(role, scope.path, who),
  );
}

/** How to find the right name, by scope level. */
const findCommands = {
  subscription: 'az account list --all --query "[].{name:name, id:id, tenant:tenantId}"',
  management_group: 'az account management-group list --query "[].{id:name, name:displayName}"',
  ml_workspace: listWorkspaces,
} as const;

function missing(scope: AzureScope, response: ApiResponse, { record }: CheckContext): CheckResult {
  const code = errorSchema.safeParse(response.body).data?.error.code;
  return fail(
    `The ${scope.title} answered 404${code === undefined ? '' : ` (${quoted(code)})`}: it does not exist in this tenant and cloud, or the identity has no role in it.`,
    `Find the right one with ${findCommands[record.scope_level]} and correct it with complete_connection; if it is right, assign a role in it.`,
  );
}

const errorSchema = z.object({ error: z.object({ code: z.string().max(100) }) });

const listedSchema = z.object({ subscriptionId: z.string(), displayName: z.string().nullish() });
const mostNamed = 5;

/** The subscriptions that a connection without one could name. */
async function lookAround({ connection, call }: CheckContext): Promise<CheckResult> {
  const pages = connection.arm.pages(
    { method: 'GET', path: '/subscriptions', apiVersion: '2022-12-01' },
    { maxItems: 1000 },
    call,
  );
  const seen: string[] = [];
  for await (const { items } of pages) {
    for (const item of items) {
      const parsed = listedSchema.safeParse(item);
      if (parsed.success) {
        const { subscriptionId, displayName } = parsed.data;
        seen.push(displayName == null ? quoted(subscriptionId) : `${quoted(displayName)} (${quoted(subscriptionId)})`);
      }
    }
  }
  const more = seen.length - mostNamed;
  return seen.length === 0
    ? fail(
        'The connection names no subscription, and its identity sees none.',
        'Assign it a role in a subscription (az role assignment create …), and supply subscription_id with complete_connection.',
      )
    : warn(
        `The connection names no subscription. Its identity sees ${seen.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
        'Supply one as subscription_id with complete_connection, so that roles and linked services can be checked.',
      );
}
