import type { PolicySection } from '../../../src/runtime/config/config-schema.ts';
import type { SandboxTools } from '../../support/sandbox-tools.ts';

/** What attempts need to know about the tenant. */
export interface TenantFacts {
  /** A cloud user whom the rules name by user principal name. */
  readonly named: { readonly id: string; readonly upn: string };
  readonly user: { readonly id: string; readonly upn: string };
  /** Protected by user principal name. */
  readonly breakGlass: { readonly id: string; readonly upn: string };
  readonly synced: string;
  readonly group: string;
  readonly roleGroup: string;
  readonly administrators: readonly string[];
  readonly administratorRole: string;
  /** Object id and client id of the app of the connection, and its principal. */
  readonly own: { readonly id: string; readonly appId: string; readonly principal: string };
  readonly app: { readonly id: string; readonly appId: string; readonly principal: string };
  readonly subscription: string;
  readonly otherSubscription: string;
  readonly organization: string;
}

/** Of the seed: a resource group that the rules close. */
export const closedGroup = 'rg-contoso-data';

export async function readFacts(tools: SandboxTools): Promise<TenantFacts> {
  const list = async (endpoint: string) => (await tools.call('graph_query', { endpoint })).response.data.value;
  const one = async (endpoint: string) => (await tools.call('graph_query', { endpoint })).response.data;
  const users = await list(
    '/users?$filter=onPremisesSyncEnabled ne true and accountEnabled eq true&$select=id,userPrincipalName',
  );
  const [synced] = await list('/users?$filter=onPremisesSyncEnabled eq true&$select=id&$top=1');
  const [roleGroup] = await list('/groups?$filter=isAssignableToRole eq true&$select=id');
  const groups = await list('/groups?$select=id,displayName,onPremisesSyncEnabled,groupTypes,isAssignableToRole');
  const administratorRole = (await list('/directoryRoles')).find(
    ({ displayName }: { displayName: string }) => displayName === 'Global Administrator',
  ).id;
  const administrators = await list(`/directoryRoles/${administratorRole}/members`);
  const { clientId, subscriptionId, organization } = tools.sandbox.credentials;
  const apps = await list('/applications?$select=id,appId');
  const principals = await list('/servicePrincipals?$select=id,appId');
  const principalOf = (appId: string) => principals.find((item: { appId: string }) => item.appId === appId)?.id;
  const own = await one(`/applications(appId='${clientId}')?$select=id,appId`);
  const app = apps.find((item: { appId: string }) => item.appId !== clientId && principalOf(item.appId) !== undefined);
  const subscriptions = (await tools.call('arm_query', { path: '/subscriptions' })).response.data.value;
  const isAdministrator = (id: string) => administrators.some((item: { id: string }) => item.id === id);
  const plain = users.filter(({ id }: { id: string }) => !isAdministrator(id));
  const breakGlass = users.find(({ userPrincipalName }: { userPrincipalName: string }) =>
    /^emergency/.test(userPrincipalName),
  );
  const keys = (item: { id: string; userPrincipalName: string }) => ({ id: item.id, upn: item.userPrincipalName });
  return {
    named: keys(plain[0]),
    user: keys(plain[1]),
    breakGlass: keys(breakGlass),
    synced: synced.id,
    group: groups.find(
      (item: Record<string, unknown>) =>
        item['onPremisesSyncEnabled'] !== true &&
        item['isAssignableToRole'] !== true &&
        (item['groupTypes'] as string[]).length === 0,
    ).id,
    roleGroup: roleGroup.id,
    administrators: administrators.map(({ id }: { id: string }) => id),
    administratorRole,
    own: { ...own, principal: principalOf(clientId) },
    app: { ...app, principal: principalOf(app.appId) },
    subscription: subscriptionId,
    otherSubscription: subscriptions.find((item: { subscriptionId: string }) => item.subscriptionId !== subscriptionId)
      .subscriptionId,
    organization,
  };
}

/** The rules that the attempts try to get around. */
export function attackedPolicy({ named, breakGlass, subscription }: TenantFacts): PolicySection {
  return {
    confirm: 'risky',
    deny: [
      { service: 'graph', methods: ['DELETE'], path: '/users/*' },
      { service: 'graph', path: `/users/${named.upn}/**` },
      { service: 'graph', methods: ['POST'], path: '/applications' },
      { service: 'graph', methods: ['POST'], path: '/groups/*/members/$ref' },
      { service: 'graph', methods: ['POST'], path: '/users/{id}/assignLicense' },
      { service: 'graph', methods: ['GET'], path: '/applications/**' },
      { service: 'arm', path: `/subscriptions/*/resourceGroups/${closedGroup}/**` },
      { service: 'arm', methods: ['DELETE'], path: '/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/**' },
    ],
    subscriptions: [subscription],
    protected: {
      objects: [
        breakGlass.upn,
        `/subscriptions/${subscription}/resourceGroups/rg-contoso-web/providers/Microsoft.Web/sites/app-contoso-shop`,
      ],
    },
  };
}
