import { connection, defineTask, lookUp } from '../agent-task.ts';

interface Registration {
  readonly userPrincipalName: string;
}

export const administratorsWithoutMfa = defineTask({
  name: 'administrators-without-mfa',
  asks: 'Which administrators have not registered for multifactor authentication?',
  mostCalls: 2,
  async work(agent) {
    const endpoint = await lookUp(agent, 'who has not registered for mfa');
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint,
      params: { $filter: 'isAdmin eq true and isMfaRegistered eq false', $select: 'userPrincipalName' },
      project: 'value[].userPrincipalName',
    });
    return [...data.value].sort();
  },
  async truth({ tenant }) {
    type Member = Registration & { readonly id: string };
    const path = '/reports/authenticationMethods/userRegistrationDetails?$filter=isMfaRegistered eq false';
    const unregistered = await tenant.list<Registration>('graph', path);
    const roles = await tenant.list<{ readonly members: readonly Member[] }>(
      'graph',
      '/directoryRoles?$expand=members',
    );
    const names = new Set(roles.flatMap(({ members }) => members.map((member) => member.userPrincipalName)));
    return unregistered.flatMap((one) => (names.has(one.userPrincipalName) ? [one.userPrincipalName] : [])).sort();
  },
});

interface SignIn {
  readonly userPrincipalName: string;
  readonly status: { readonly errorCode: number };
}

interface Count {
  readonly key: string;
  readonly count: number;
}

export const failedSignIns = defineTask({
  name: 'failed-sign-ins-by-user',
  asks: 'How many sign-ins failed, and whose most often? Ten names are enough.',
  mostCalls: 1,
  mostTokens: 400,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly Count[] }>('graph_query', {
      connection,
      endpoint: '/auditLogs/signIns',
      params: { $filter: 'status/errorCode ne 0' },
      count_by: 'userPrincipalName',
      limit: 10,
    });
    return data.value.map(({ key, count }) => `${key}: ${count}`);
  },
  async truth({ tenant }) {
    const counts = new Map<string, number>();
    for (const { status, userPrincipalName: name } of await tenant.list<SignIn>(
      'graph',
      '/auditLogs/signIns?$top=999',
    )) {
      if (status.errorCode !== 0) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const sorted = [...counts].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
    return sorted.slice(0, 10).map(([name, count]) => `${name}: ${count}`);
  },
});
