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
  asks: 'Which devices that may still sign in were not seen for 60 days? I need a list to send around.',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<string>('graph_query', {
      connection,
      endpoint: '/devices',
      params: {
        $filter: `approximateLastSignInDateTime le ${staleSince} and accountEnabled eq true`,
        $select: 'displayName,operatingSystem,approximateLastSignInDateTime',
      },
      format: 'csv',
    });
    const [, ...lines] = data.trim().split('\n');
    return lines.map((line) => line.split(',')[0]).sort();
  },
  async truth({ tenant }) {
    const devices = await tenant.list<Device>('graph', '/devices?$top=999');
    const isStale = (device: Device) => Date.parse(device.approximateLastSignInDateTime) <= Date.parse(staleSince);
    return devices.flatMap((one) => (one.accountEnabled && isStale(one) ? [one.displayName] : [])).sort();
  },
});
