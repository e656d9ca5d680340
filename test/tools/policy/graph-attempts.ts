import type { Attempt } from './attempt.ts';
import type { TenantFacts } from './tenant-facts.ts';

const graph = 'https://graph.sandbox.invalid';

function write(...requests: readonly object[]): Attempt {
  return { tool: 'graph_write', args: { requests } };
}

function remove(endpoint: string): Attempt {
  return write({ method: 'DELETE', endpoint });
}

const harmless = (id: string) => ({ method: 'PATCH', endpoint: `/users/${id}`, body: { jobTitle: 'Attacker' } });

/** Attempts against the rules about paths of Microsoft Graph, by kind. */
export function graphAttempts({
  named,
  user,
  group,
  app,
  own,
}: TenantFacts): Readonly<Record<string, readonly Attempt[]>> {
  return {
    'the plain request': [remove(`/users/${user.id}`), remove(`/users/${user.upn}`)],
    casing: [
      remove(`/USERS/${user.id.toUpperCase()}`),
      remove(`/Users/${user.upn.toUpperCase()}`),
      remove(`uSeRs/${user.id}/`),
    ],
    encoding: [
      remove(`/%75sers/${user.id}`),
      remove(`/u%73e%72s/${user.id}`),
      remove(`/users/${user.upn.replace('@', '%40')}`),
      remove(`/users%28%27${user.id}%27%29`),
      remove(`/%2575sers/${user.id}`),
      remove(`/users/%${user.id.charCodeAt(0).toString(16)}${user.id.slice(1)}`),
    ],
    slashes: [
      remove(`/users//${user.id}`),
      remove(`//users/${user.id}`),
      remove(`/users/./${user.id}`),
      remove(`/groups/../users/${user.id}`),
      remove(`/users/${user.id}/`),
      remove(`/users/x%2f..%2f${user.id}`),
    ],
    'alternate keys': [
      remove(`/users('${user.id}')`),
      remove(`/users(userPrincipalName='${user.upn}')`),
      remove(`/users(id='${user.id}')`),
      remove(`/users( userPrincipalName = '${user.upn}' )`),
      { tool: 'graph_query', args: { endpoint: `/users/${named.id}/messages` } },
      { tool: 'graph_query', args: { endpoint: `/users(userPrincipalName='${named.upn}')/messages` } },
      { tool: 'graph_query', args: { endpoint: `/applications(appId='${app.appId}')` } },
      write({ method: 'PATCH', endpoint: `/users/${named.id}`, body: { jobTitle: 'x' } }),
    ],
    'ids in another notation': [
      remove(`/users/${user.id.replaceAll('-', '')}`),
      remove(`/users/%7B${user.id}%7D`),
      remove(`/users/(${user.id})`),
      { tool: 'graph_query', args: { endpoint: `/users/${named.id.replaceAll('-', '')}/messages` } },
      { tool: 'graph_query', args: { endpoint: `/users/%7B${named.id.toUpperCase()}%7D/messages` } },
      { tool: 'graph_query', args: { endpoint: `/users('${named.id.replaceAll('-', '')}')/messages` } },
    ],
    versions: [
      remove(`/beta/users/${user.id}`),
      remove(`/v1.0/users/${user.id}`),
      remove(`/BETA/users/${user.id}`),
      { tool: 'graph_query', args: { endpoint: `/users/${named.upn}/messages`, api_version: 'beta' } },
    ],
    'absolute addresses': [
      remove(`${graph}/v1.0/users/${user.id}`),
      remove(`${graph.toUpperCase()}/beta/users/${user.id}`),
      remove(`${graph}:443/v1.0/users/${user.id}`),
      { tool: 'graph_query', args: { endpoint: `${graph}/v1.0/applications/${app.id}` } },
    ],
    'the signed-in user': [
      remove('/me'),
      remove('/me/'),
      remove('/users/me'),
      write({ method: 'POST', endpoint: '/me/assignLicense', body: { addLicenses: [], removeLicenses: [] } }),
      { tool: 'graph_query', args: { endpoint: '/ME/messages' } },
    ],
    casts: [
      remove(`/users/${user.id}/microsoft.graph.user`),
      remove(`/directoryObjects/${user.id}/microsoft.graph.user`),
      remove(`/users/${user.id}/graph.user`),
      remove(`/users/microsoft.graph.user/${user.id}`),
      remove(`/users/microsoft.graph.agentUser/${user.id}`),
    ],
    'actions with a namespace': [
      write({
        method: 'POST',
        endpoint: `/users/${user.id}/microsoft.graph.assignLicense`,
        body: { addLicenses: [], removeLicenses: [] },
      }),
      write({
        method: 'POST',
        endpoint: `/users/${user.id}/Microsoft.Graph.AssignLicense()`,
        body: { addLicenses: [], removeLicenses: [] },
      }),
      { tool: 'assign_license', args: { user: user.upn, add: [{ sku: 'SPE_E5' }], usage_location: 'DE' } },
    ],
    'other addresses of the object': [
      remove(`/directoryObjects/${user.id}`),
      remove(`/groups/${group}/members/${user.id}`),
      remove(`/users/${user.id}/manager`),
      remove(`/groups/${group}/owners/${user.id}`),
      remove(`/users/${named.id}/directReports/${user.id}`),
      remove(`/education/users/${user.id}`),
      remove(`/education/users/${user.id}/user`),
      remove('/education/me'),
      remove(`/groups/${group}/membersWithLicenseErrors/${user.id}`),
      remove(`/users/${named.id}/sponsors/${user.id}`),
    ],
    references: [
      write({
        method: 'POST',
        endpoint: `/groups/${group}/members/$ref`,
        body: { '@odata.id': `${graph}/v1.0/directoryObjects/${user.id}` },
      }),
      write({
        method: 'POST',
        endpoint: `/groups/${group}/members/%24ref`,
        body: { '@odata.id': `${graph}/v1.0/directoryObjects/${user.id}` },
      }),
      write({
        method: 'PATCH',
        endpoint: `/groups/${group}`,
        body: { 'members@odata.bind': [`${graph}/v1.0/directoryObjects/${user.id}`] },
      }),
      write({
        method: 'POST',
        endpoint: '/groups',
        body: {
          displayName: 'x',
          mailEnabled: false,
          mailNickname: 'x',
          securityEnabled: true,
          'Members@odata.bind': [`${graph}/v1.0/users/${user.id}`],
        },
      }),
    ],
    upserts: [
      write({
        method: 'PATCH',
        endpoint: "/applications(uniqueName='attacker')",
        headers: { Prefer: 'create-if-missing' },
        body: { displayName: 'attacker' },
      }),
      write({
        method: 'PATCH',
        endpoint: "/Applications(uniqueName='attacker')",
        headers: { prefer: 'return=minimal, Create-If-Missing' },
        body: { displayName: 'attacker' },
      }),
      write({
        method: 'PATCH',
        endpoint: "/applications(uniqueName='attacker')",
        headers: { Prefer: 'return=minimal', prefer: 'create-if-missing' },
        body: { displayName: 'attacker' },
      }),
      { tool: 'provision_connection', args: { name: 'attacker', credential: 'secret', roles: [] } },
    ],
    'a batch inside a write': [
      write({
        method: 'POST',
        endpoint: '/$batch',
        body: { requests: [{ id: '1', method: 'DELETE', url: `/users/${user.id}` }] },
      }),
      write(harmless(user.id), {
        method: 'POST',
        endpoint: '/%24batch',
        body: { requests: [{ id: '1', method: 'DELETE', url: `/users/${user.id}` }] },
      }),
    ],
    'one of several': [
      write(harmless(user.id), { method: 'DELETE', endpoint: `/users/${user.id}` }),
      write(harmless(user.id), harmless(user.upn), { method: 'DELETE', endpoint: `/USERS('${user.id}')` }),
      { tool: 'graph_batch', args: { requests: [{ url: '/organization' }, { url: `/users/${named.id}/messages` }] } },
      {
        tool: 'graph_batch',
        args: { requests: [{ url: '/organization' }, { url: '/Applications' }], continue_on_error: true },
      },
    ],
    'a chain of dependent requests': [
      write(
        { id: 'a', ...harmless(user.id) },
        { id: 'b', method: 'DELETE', endpoint: `/users/${user.id}`, depends_on: ['a'] },
      ),
      write(
        { id: 'a', ...harmless(user.id) },
        { id: 'b', ...harmless(user.id), depends_on: ['a'] },
        { id: 'c', method: 'PATCH', endpoint: `/users/${named.id}`, body: { jobTitle: 'x' }, depends_on: ['b'] },
      ),
    ],
    'a read that brings more': [
      { tool: 'graph_query', args: { endpoint: `/users/${named.id}`, params: { $expand: 'manager' } } },
      { tool: 'graph_query', args: { endpoint: '/users', params: { $expand: 'manager', expand: 'ownedObjects' } } },
      { tool: 'graph_query', args: { endpoint: '/users?expand=ownedObjects&expand=manager' } },
      { tool: 'graph_query', args: { endpoint: '/users?expand=manager&$expand=ownedObjects' } },
      { tool: 'graph_query', args: { endpoint: '/groups', params: { $expand: 'members($expand=ownedObjects)' } } },
      { tool: 'graph_query', args: { endpoint: `/me/ownedObjects/${app.id}/microsoft.graph.application` } },
      { tool: 'graph_query', args: { endpoint: `/servicePrincipals/${own.principal}/ownedObjects/${app.id}` } },
      { tool: 'graph_delta', args: { endpoint: '/applications/delta' } },
      write({ method: 'POST', endpoint: '/directoryObjects/getByIds', body: { ids: [app.id] } }),
    ],
    'actions by GET and methods in headers': [
      {
        tool: 'graph_query',
        args: { endpoint: `/users/${user.id}/assignLicense`, headers: { 'X-HTTP-Method-Override': 'POST' } },
      },
      write({ method: 'POST', endpoint: `/users/${user.id}`, headers: { 'X-HTTP-Method': 'DELETE' }, body: {} }),
      { tool: 'graph_query', args: { endpoint: `/applications/${app.id}/addPassword` } },
      // Another charset makes another body of the same bytes.
      write({
        method: 'PATCH',
        endpoint: `/users/${user.id}`,
        headers: { 'content-type': 'application/json; charset="UTF-7"' },
        body: { jobTitle: 'x+ACIALAAi-passwordProfile+ACI-:+AHs-+AH0ALAAi-city+ACI-:+ACI-y' },
      }),
    ],
  };
}
