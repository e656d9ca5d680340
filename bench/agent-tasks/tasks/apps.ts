import { connection, defineTask } from '../agent-task.ts';

interface App {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly passwordCredentials: readonly { readonly keyId: string; readonly endDateTime: string }[];
}

export const appsWithoutOwner = defineTask({
  name: 'apps-without-owner',
  asks: 'Which apps have no owner?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint: '/applications',
      params: { $select: 'displayName', $expand: 'owners($select=id)' },
      project: 'value[?!owners].displayName',
    });
    return [...data.value].sort();
  },
  async truth({ tenant }) {
    const apps = await tenant.list<App>('graph', '/applications?$top=999');
    const owners = await Promise.all(apps.map(({ id }) => tenant.list('graph', `/applications/${id}/owners`)));
    return apps.flatMap(({ displayName }, index) => (owners[index]?.length === 0 ? [displayName] : [])).sort();
  },
});

export const expiringSecrets = defineTask({
  name: 'expiring-app-secrets',
  asks: 'Which app secrets have expired or expire within 120 days?',
  mostCalls: 1,
  async work(agent, { now }) {
    const end = new Date(now() + 120 * 86_400_000).toISOString().slice(0, 10);
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint: '/applications',
      params: { $select: 'displayName,passwordCredentials' },
      project: `value[?passwordCredentials[?endDateTime < '${end}']].displayName`,
    });
    return [...data.value].sort();
  },
  async truth({ tenant, now }) {
    const apps = await tenant.list<App>('graph', '/applications?$top=999');
    const last = now() + 120 * 86_400_000;
    const ends = ({ passwordCredentials }: App) =>
      passwordCredentials.map(({ endDateTime }) => Date.parse(endDateTime));
    return apps.flatMap((app) => (ends(app).some((end) => end < last) ? [app.displayName] : [])).sort();
  },
});

interface GraphApp {
  readonly id: string;
  readonly appRoles: readonly { readonly id: string; readonly value: string }[];
}

interface Grant {
  readonly principalDisplayName: string;
  readonly appRoleId: string;
}

const microsoftGraph = "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";

export const mailSenders = defineTask({
  name: 'apps-that-may-send-mail',
  asks: 'Which apps may send mail as anybody?',
  mostCalls: 2,
  async work(agent) {
    type Described = {
      readonly operations: readonly { readonly application: { readonly app_role_ids: readonly string[] } }[];
    };
    const sending = await agent.call<Described>('describe_graph', { path: '/users/{id}/sendMail', method: 'POST' });
    const [roleId] = sending.data.operations[0]?.application.app_role_ids ?? [];
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint: `/${microsoftGraph}/appRoleAssignedTo`,
      project: `value[?appRoleId=='${roleId}'].principalDisplayName`,
    });
    return [...data.value].sort();
  },
  async truth({ tenant }) {
    const { appRoles } = await tenant.send<GraphApp>('graph', 'GET', `/${microsoftGraph}`);
    const roleId = appRoles.find(({ value }) => value === 'Mail.Send')?.id;
    const principals = await tenant.list<GraphApp>('graph', '/servicePrincipals?$top=999');
    const grants = await Promise.all(
      principals.map(({ id }) => tenant.list<Grant>('graph', `/servicePrincipals/${id}/appRoleAssignments`)),
    );
    const isSending = ({ appRoleId }: Grant) => appRoleId === roleId;
    return grants.flatMap((held) => held.filter(isSending).map((grant) => grant.principalDisplayName)).sort();
  },
});
