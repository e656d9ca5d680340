import { defineTask } from '../agent-task.ts';
import type { Tenant } from '../tenant.ts';

/** The connections to both tenants, in one argument. */
const both = 'sandbox,sandbox-fabrikam';
const nameOf = ({ label }: Tenant) => (label === 'contoso' ? 'sandbox' : `sandbox-${label}`);

export const countsOfTenants = defineTask({
  name: 'users-of-two-tenants',
  asks: 'How many users that may sign in does each of our two tenants have?',
  tenants: 2,
  mostCalls: 1,
  async before({ tenants }) {
    await tenants[1]?.send('graph', 'DELETE', '/users/leon.vargas@fabrikam.example');
  },
  async work(agent) {
    type Count = { readonly connection: string; readonly value: number };
    const { data } = await agent.call<{ value: readonly Count[] }>('graph_query', {
      connection: both,
      endpoint: '/users/$count',
      params: { $filter: 'accountEnabled eq true' },
    });
    return Object.fromEntries(data.value.map(({ connection, value }) => [connection, value]));
  },
  async truth({ tenants }) {
    type User = { readonly accountEnabled: boolean };
    const lists = tenants.map((tenant) => tenant.list<User>('graph', '/users?$select=accountEnabled&$top=999'));
    const counts = (await Promise.all(lists)).map((list) => list.filter(({ accountEnabled }) => accountEnabled).length);
    return Object.fromEntries(tenants.map((tenant, index) => [nameOf(tenant), counts[index] ?? 0]));
  },
});

interface Role {
  readonly displayName: string;
  readonly members: readonly { readonly userPrincipalName: string }[];
}

export const administratorsOfTenants = defineTask({
  name: 'global-administrators-of-two-tenants',
  asks: 'Who is Global Administrator of either of our tenants?',
  tenants: 2,
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection: both,
      endpoint: '/directoryRoles',
      params: { $expand: 'members($select=userPrincipalName)', $select: 'displayName' },
      project: "value[?displayName=='Global Administrator'].members[].userPrincipalName",
    });
    return [...data.value].sort();
  },
  async truth({ tenants }) {
    const roles = await Promise.all(
      tenants.map((tenant) => tenant.list<Role>('graph', '/directoryRoles?$expand=members')),
    );
    const members = roles.flat().flatMap((role) => (role.displayName === 'Global Administrator' ? role.members : []));
    return members.map(({ userPrincipalName }) => userPrincipalName).sort();
  },
});
