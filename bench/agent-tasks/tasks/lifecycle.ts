import { connection, defineTask, lookUp } from '../agent-task.ts';
import type { Tenant } from '../tenant.ts';

/** A user as Graph lists it; only what `$select` named is there. */
interface ListedUser {
  readonly id: string;
  readonly userPrincipalName: string;
}

interface MemberOf {
  readonly '@odata.type': string;
  readonly id: string;
  readonly displayName: string;
  readonly groupTypes?: readonly string[];
}

/** Groups and roles of a user, by name. */
async function membershipsOf(tenant: Tenant, user: string): Promise<string[]> {
  const memberships = await tenant.list<MemberOf>('graph', `/users/${user}/memberOf?$select=displayName`);
  return memberships.map(({ displayName }) => displayName).sort();
}

/** Part numbers of the licences of a user. */
async function licencesOf(tenant: Tenant, user: string): Promise<readonly string[]> {
  const details = await tenant.list<{ readonly skuPartNumber: string }>('graph', `/users/${user}/licenseDetails`);
  return details.map(({ skuPartNumber }) => skuPartNumber).sort();
}

const newcomer = 'grace.hopper@contoso.example';

export const onboarding = defineTask({
  name: 'onboard-a-user',
  asks: 'Grace Hopper starts in Munich on Monday. Create her account with Microsoft 365 E5, in Engineering and VPN Users.',
  mostCalls: 4,
  async work(agent) {
    const groups = await agent.call<{ value: readonly MemberOf[] }>('graph_query', {
      connection,
      endpoint: '/groups',
      params: { $filter: "displayName in ('Engineering','VPN Users')", $select: 'id,displayName' },
    });
    const user = await agent.call<ListedUser>('graph_write', {
      connection,
      requests: [
        {
          method: 'POST',
          endpoint: '/users',
          body: {
            accountEnabled: true,
            displayName: 'Grace Hopper',
            givenName: 'Grace',
            surname: 'Hopper',
            mailNickname: 'grace.hopper',
            userPrincipalName: newcomer,
            usageLocation: 'DE',
            passwordProfile: { forceChangePasswordNextSignIn: true, password: { generate: true } },
          },
        },
      ],
    });
    await agent.call('graph_write', {
      connection,
      requests: groups.data.value.map(({ id }) => ({
        method: 'POST',
        endpoint: `/groups/${id}/members/$ref`,
        body: { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${user.data.id}` },
      })),
    });
    const licences = await agent.call<{ after: readonly { readonly sku: string }[] }>('assign_license', {
      connection,
      user: user.data.userPrincipalName,
      add: [{ sku: 'SPE_E5' }],
    });
    return {
      licences: licences.data.after.map(({ sku }) => sku),
      groups: groups.data.value.map(({ displayName }) => displayName).sort(),
    };
  },
  truth: async ({ tenant }) => ({
    licences: await licencesOf(tenant, newcomer),
    groups: await membershipsOf(tenant, newcomer),
  }),
});

const leaver = 'jose.johansson@contoso.example';

export const leaving = defineTask({
  name: 'disable-a-leaver',
  asks: 'José Johansson left today. Block him, end his sessions, and take away his licences, groups and roles.',
  mostCalls: 4,
  async work(agent) {
    const revocation = await lookUp(agent, 'end all sessions of a user');
    const found = await agent.call<{ value: readonly (ListedUser & { readonly memberOf: readonly MemberOf[] })[] }>(
      'graph_query',
      {
        connection,
        endpoint: '/users',
        params: {
          $filter: "displayName eq 'José Johansson'",
          $select: 'id,userPrincipalName',
          $expand: 'memberOf($select=id,displayName,groupTypes)',
        },
      },
    );
    const [user] = found.data.value;
    if (user === undefined) throw new Error('There is no such user.');
    const isByRule = ({ groupTypes = [] }: MemberOf) => groupTypes.includes('DynamicMembership');
    const path = ({ '@odata.type': type }: MemberOf) => (type.endsWith('.group') ? 'groups' : 'directoryRoles');
    await agent.call('graph_write', {
      connection,
      requests: [
        { method: 'PATCH', endpoint: `/users/${user.id}`, body: { accountEnabled: false } },
        { method: 'POST', endpoint: revocation.replace('{id}', user.id) },
        ...user.memberOf
          .filter((one) => !isByRule(one))
          .map((one) => ({ method: 'DELETE', endpoint: `/${path(one)}/${one.id}/members/${user.id}/$ref` })),
      ],
    });
    const licences = await agent.call<{ after: readonly string[] }>('assign_license', {
      connection,
      user: user.id,
      remove: ['all'],
    });
    return {
      isBlocked: true,
      sessionsEnded: true,
      licences: licences.data.after,
      groups: user.memberOf.filter(isByRule).map(({ displayName }) => displayName),
    };
  },
  async truth({ tenant, now }) {
    const { accountEnabled, signInSessionsValidFromDateTime: validFrom } = await tenant.send<{
      readonly accountEnabled: boolean;
      readonly signInSessionsValidFromDateTime: string;
    }>('graph', 'GET', `/users/${leaver}?$select=accountEnabled,signInSessionsValidFromDateTime`);
    return {
      isBlocked: !accountEnabled,
      sessionsEnded: now() - Date.parse(validFrom) < 600_000,
      licences: await licencesOf(tenant, leaver),
      groups: await membershipsOf(tenant, leaver),
    };
  },
});

export const restoring = defineTask({
  name: 'restore-a-deleted-user',
  asks: 'Somebody deleted Felix Hoffmann by mistake. Bring him back.',
  mostCalls: 3,
  async work(agent) {
    const restoration = await lookUp(agent, 'restore a deleted user');
    const deleted = await agent.call<{ value: readonly ListedUser[] }>('graph_query', {
      connection,
      endpoint: '/directory/deletedItems/microsoft.graph.user',
      params: { $filter: "displayName eq 'Felix Hoffmann'", $select: 'id,userPrincipalName' },
    });
    const endpoint = restoration.replace('{id}', deleted.data.value[0]?.id ?? '');
    const restored = await agent.call<ListedUser>('graph_write', {
      connection,
      requests: [{ method: 'POST', endpoint }],
    });
    return [restored.data.userPrincipalName];
  },
  async truth({ tenant }) {
    const path = "/users?$filter=displayName eq 'Felix Hoffmann' and startswith(userPrincipalName,'felix.hoffmann96')";
    return (await tenant.list<ListedUser>('graph', path)).map(({ userPrincipalName }) => userPrincipalName);
  },
});

export const changes = defineTask({
  name: 'changes-since-yesterday',
  asks: 'Remember how the users are now. Tomorrow I want to know who is new, changed or gone.',
  mostCalls: 2,
  async work(agent, { tenant }) {
    const people = { connection, endpoint: '/users/delta', name: 'people' };
    const params = { $select: 'userPrincipalName,jobTitle', $deltatoken: 'latest' };
    await agent.call('graph_delta', { ...people, params });
    await tenant.send('graph', 'PATCH', '/users/leon.vargas@contoso.example', { jobTitle: 'Chief Engineer' });
    await tenant.send('graph', 'DELETE', '/users/zoe.almeida@contoso.example');
    type Change = ListedUser & { readonly jobTitle?: string; readonly '@removed'?: object };
    const { data } = await agent.call<{ value: readonly Change[] }>('graph_delta', people);
    return data.value.map((user) =>
      user['@removed'] ? `${user.id} is gone` : `${user.userPrincipalName} is ${user.jobTitle}`,
    );
  },
  async truth({ tenant }) {
    const path = '/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName';
    const gone = (await tenant.list<ListedUser>('graph', path)).find((user) => user.userPrincipalName.includes('zoe'));
    return ['leon.vargas@contoso.example is Chief Engineer', `${gone?.id} is gone`];
  },
});
