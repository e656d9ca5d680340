import { connection, defineTask } from '../agent-task.ts';

interface User {
  readonly id: string;
  readonly userPrincipalName: string;
}

export const sleepingGuests = defineTask({
  name: 'guests-who-never-signed-in',
  asks: 'Which guests have never signed in?',
  mostCalls: 1,
  async before({ tenant }) {
    for (const name of ['Maria Fischer', 'Tomasz Nowak']) {
      await tenant.send('graph', 'POST', '/invitations', {
        invitedUserEmailAddress: `${name.toLowerCase().replace(' ', '.')}@fabrikam.example`,
        invitedUserDisplayName: name,
        inviteRedirectUrl: 'https://myapps.microsoft.com',
      });
    }
  },
  async work(agent) {
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint: '/users',
      params: { $filter: "userType eq 'Guest'", $select: 'displayName,userPrincipalName,signInActivity' },
      project: 'value[?!signInActivity.lastSignInDateTime].userPrincipalName',
    });
    return [...data.value].sort();
  },
  async truth({ tenant }) {
    const guests = await tenant.list<User>('graph', "/users?$filter=userType eq 'Guest'&$top=999");
    const signIns = await tenant.list<{ readonly userId: string }>('graph', '/auditLogs/signIns?$top=999');
    const seen = new Set(signIns.map(({ userId }) => userId));
    return guests.flatMap(({ id, userPrincipalName }) => (seen.has(id) ? [] : [userPrincipalName])).sort();
  },
});

const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';

export const globalAdministrators = defineTask({
  name: 'global-administrators',
  asks: 'Who is Global Administrator?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint: '/directoryRoles',
      params: { $expand: 'members($select=userPrincipalName)', $select: 'displayName' },
      project: "value[?displayName=='Global Administrator'].members[].userPrincipalName",
    });
    return [...data.value].sort();
  },
  async truth({ tenant }) {
    const path = `/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '${globalAdministrator}'`;
    const assigned = await tenant.list<{ readonly principalId: string }>('graph', path);
    const users = assigned.map(({ principalId }) => tenant.send<User>('graph', 'GET', `/users/${principalId}`));
    return (await Promise.all(users)).map(({ userPrincipalName }) => userPrincipalName).sort();
  },
});

/** Sixty days before the start of the sandbox. */
const staleSince = '2026-09-21T10:00:00Z';

interface Device {
  readonly displayName: string;
  readonly operatingSystem: string;
  readonly accountEnabled: boolean;
  readonly approximateLastSignInDateTime: string;
}

export const staleDevices = defineTask({
  name: 'stale-devices',
  asks: 'Which devices that may still sign in were not seen for 60 days? I need a file to send around.',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ path: string }>('graph_query', {
      connection,
      endpoint: '/devices',
      params: {
        $filter: `approximateLastSignInDateTime le ${staleSince} and accountEnabled eq true`,
        $select: 'displayName,operatingSystem,approximateLastSignInDateTime',
      },
      save_as: 'stale-devices.csv',
    });
    const [, ...lines] = (await agent.open(data.path)).trimEnd().split(/\r?\n/);
    return lines.map((line) => line.split(',')[0]).sort();
  },
  async truth({ tenant }) {
    const devices = await tenant.list<Device>('graph', '/devices?$top=999');
    const isStale = (device: Device) => Date.parse(device.approximateLastSignInDateTime) <= Date.parse(staleSince);
    return devices.flatMap((one) => (one.accountEnabled && isStale(one) ? [one.displayName] : [])).sort();
  },
});

export const exportOfUsers = defineTask({
  name: 'export-all-users',
  asks: 'Save all 5,000 users with name, address and department as a CSV file for me.',
  users: 5_000,
  mostCalls: 1,
  mostTokens: 400,
  async work(agent) {
    const { data } = await agent.call<{ path: string; rows: number }>('graph_query', {
      connection,
      endpoint: '/users',
      params: { $select: 'displayName,userPrincipalName,mail,department' },
      save_as: 'users.csv',
    });
    const [header, ...lines] = (await agent.open(data.path)).trimEnd().split(/\r?\n/);
    return { rows: data.rows, header, names: lines.map((line) => line.split(',').at(1)).sort() };
  },
  async truth({ tenant }) {
    const users = await tenant.list<User>('graph', '/users?$select=userPrincipalName&$top=999');
    return {
      rows: users.length,
      header: 'displayName,userPrincipalName,mail,department',
      names: users.map(({ userPrincipalName }) => userPrincipalName).sort(),
    };
  },
});

export const kindsOfGroups = defineTask({
  name: 'dynamic-and-assigned-groups',
  asks: 'How many groups have dynamic membership, and how many are assigned by hand, by kind?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly { readonly key: string; readonly count: number }[] }>(
      'graph_query',
      {
        connection,
        endpoint: '/groups',
        params: { $select: 'groupTypes' },
        count_by:
          "join(' ', [contains(groupTypes, 'DynamicMembership') && 'dynamic' || 'assigned', contains(groupTypes, 'Unified') && 'Microsoft 365' || 'other'])",
      },
    );
    return Object.fromEntries(data.value.map(({ key, count }) => [key, count]));
  },
  async truth({ tenant }) {
    const groups = await tenant.list<{ readonly groupTypes: readonly string[] }>('graph', '/groups?$top=999');
    const counts: Record<string, number> = {};
    for (const { groupTypes } of groups) {
      const membership = groupTypes.includes('DynamicMembership') ? 'dynamic' : 'assigned';
      const key = `${membership} ${groupTypes.includes('Unified') ? 'Microsoft 365' : 'other'}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  },
});
