import type { Attempt } from './attempt.ts';
import { deploy, template } from './azure-attempts.ts';
import type { TenantFacts } from './tenant-facts.ts';

const graph = 'https://graph.sandbox.invalid';

function write(method: string, endpoint: string, body?: object | string): Attempt {
  return { tool: 'graph_write', args: { requests: [{ method, endpoint, ...(body === undefined ? {} : { body }) }] } };
}

/** Attempts to do without a person what only a person says yes to, by kind. */
export function authorityAttempts(facts: TenantFacts): Readonly<Record<string, readonly Attempt[]>> {
  const { user, breakGlass, synced, roleGroup, administratorRole, own, app, subscription, group, organization } = facts;
  const member = { '@odata.id': `${graph}/v1.0/directoryObjects/${user.id}` };
  const resourceGroup = `/subscriptions/${subscription}/resourceGroups/rg-contoso-web`;
  const assignment = '/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001';
  return {
    roles: [
      write('POST', `/directoryRoles/${administratorRole}/members/$ref`, member),
      write('POST', "/DirectoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')/members/$ref", member),
      write('POST', '/roleManagement/directory/roleAssignments', { principalId: user.id, directoryScopeId: '/' }),
      write('POST', '/beta/roleManagement/directory/roleAssignmentScheduleRequests', { action: 'adminAssign' }),
      write('DELETE', `/directoryRoles/${administratorRole}/members/${facts.administrators[0]}/$ref`),
      { tool: 'arm_write', args: { method: 'PUT', path: `${resourceGroup}${assignment}`, body: { properties: {} } } },
      {
        tool: 'arm_write',
        args: { method: 'PUT', path: `${resourceGroup}${assignment}`.toUpperCase(), body: { properties: {} } },
      },
    ],
    'roles in a template': [
      deploy(
        resourceGroup,
        template({
          type: 'Microsoft.Authorization/roleAssignments',
          apiVersion: '2022-04-01',
          name: "[guid('x')]",
          properties: { principalId: 'x', roleDefinitionId: 'y' },
        }),
      ),
      deploy(
        resourceGroup,
        template({
          type: 'Microsoft.Graph/appRoleAssignedTo@v1.0',
          name: 'x',
          extension: 'microsoftGraph',
          properties: {},
        }),
      ),
      deploy(
        resourceGroup,
        template({ type: 'Microsoft.Graph/applications@v1.0', import: 'MicrosoftGraph', properties: {} }),
      ),
      deploy(resourceGroup, template({ type: "[concat('Microsoft.Authorization', '/roleAssignments')]", name: 'x' })),
      deploy(resourceGroup, {
        template: {
          languageVersion: '2.0',
          contentVersion: '1.0.0.0',
          resources: {
            grant: {
              type: 'MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS',
              apiVersion: '2022-04-01',
              name: 'x',
              properties: {},
            },
          },
        },
        mode: 'Incremental',
      }),
    ],
    grants: [
      write('POST', `/servicePrincipals/${app.principal}/appRoleAssignments`, {
        principalId: app.principal,
        resourceId: app.principal,
        appRoleId: app.id,
      }),
      write('POST', `/servicePrincipals(appId='${app.appId}')/appRoleAssignedTo`, { principalId: app.principal }),
      write('POST', '/oauth2PermissionGrants', {
        clientId: app.principal,
        consentType: 'AllPrincipals',
        scope: 'Mail.Read',
      }),
      write('POST', `/users/${user.id}/appRoleAssignments`, { principalId: user.id }),
      write('PATCH', `/servicePrincipals/${app.principal}`, { appRoleAssignmentRequired: false }),
    ],
    'credentials of an app': [
      write('POST', `/applications/${app.id}/addPassword`, {}),
      write('POST', `/applications(appId='${app.appId}')/microsoft.graph.addPassword`, {}),
      write('POST', `/directoryObjects/${app.id}/addPassword`, {}),
      write('POST', `/servicePrincipals/${app.principal}/addKey`, {}),
      write('PATCH', `/applications/${app.id}`, { KeyCredentials: [] }),
      write('PATCH', `/applications/${app.id}`, '{"\\u006beyCredentials": []}'),
      write('PATCH', `/applications/${app.id}`, '\ufeff{"keyCredentials": []}'),
      write('PATCH', `/applications/${app.id}`, '[{"keyCredentials": []}]'),
      write('PATCH', `/applications/${app.id}`, { passwordCredentials: [{ displayName: 'x' }] }),
      write('PATCH', `/applications/microsoft.graph.agentIdentityBlueprint/${app.id}`, { keyCredentials: [] }),
      write('PATCH', `/applications/${app.id}/microsoft.graph.agentIdentityBlueprint`, { keyCredentials: [] }),
      write('POST', `/applications/${app.id}/federatedIdentityCredentials`, {
        name: 'x',
        issuer: 'https://evil.example',
        subject: 's',
      }),
      write('POST', `/applications/${app.id}/owners/$ref`, member),
      write('PATCH', `/applications/${app.id}`, { web: { redirectUris: ['https://evil.example'] } }),
      { tool: 'provision_connection', args: { name: 'attacker', credential: 'secret', roles: [{ role: 'Owner' }] } },
      {
        tool: 'create_service_connection',
        args: {
          organization,
          project: 'Payments',
          name: 'attack',
          scheme: 'WorkloadIdentityFederation',
          automatic: true,
        },
      },
      { tool: 'convert_service_connection', args: { organization, project: 'Payments', all: true } },
    ],
    'sign-in of others and policies of the tenant': [
      write('PATCH', `/users/${user.id}`, { passwordProfile: { password: 'Attack!2345' } }),
      write('PATCH', `/users/${user.id.replaceAll('-', '')}`, { PasswordProfile: { password: 'Attack!2345' } }),
      write('PATCH', `/education/users/${user.id}`, { passwordProfile: { password: 'Attack!2345' } }),
      write('POST', `/users/${user.id}/authentication/temporaryAccessPassMethods`, {}),
      write('PATCH', '/policies/authorizationPolicy', { allowInvitesFrom: 'everyone' }),
      write('DELETE', '/identity/conditionalAccess/policies/00000000-0000-4000-8000-000000000001'),
      write('PATCH', '/policies/identitySecurityDefaultsEnforcementPolicy', { isEnabled: false }),
      write('POST', '/domains/contoso.example/federationConfiguration', {}),
    ],
    'protected objects': [
      write('PATCH', `/users/${breakGlass.id}`, { jobTitle: 'x' }),
      write('PATCH', `/users/${breakGlass.upn}`, { jobTitle: 'x' }),
      write('PATCH', `/users(userPrincipalName='${breakGlass.upn.toUpperCase()}')`, { jobTitle: 'x' }),
      write('PATCH', `/directoryObjects/${breakGlass.id}`, { jobTitle: 'x' }),
      write('POST', `/users/${breakGlass.id}/revokeSignInSessions`),
      { tool: 'assign_license', args: { user: breakGlass.upn, add: [{ sku: 'SPE_E5' }], usage_location: 'DE' } },
      write('DELETE', `/groups/${group}/members/${breakGlass.id}/$ref`),
      write('DELETE', `/groups/${group}/members/${breakGlass.upn}/$ref`),
      write('POST', `/groups/${group}/members/$ref`, {
        '@odata.id': `${graph}/v1.0/directoryObjects/${breakGlass.id}`,
      }),
      write('POST', `/groups/${group}/owners/$ref`, { '@odata.id': `${graph}/v1.0/users/${breakGlass.upn}` }),
      write('PATCH', `/groups/${group}`, {
        'members@odata.bind': [`${graph}/v1.0/users/${user.id}`, `${graph}/v1.0/users('${breakGlass.upn}')`],
      }),
      write('PUT', `/users/${user.id}/manager/$ref`, { '@odata.id': `${graph}/v1.0/users/${breakGlass.id}` }),
      write('PATCH', `/education/users/${breakGlass.id}`, { jobTitle: 'x' }),
      write('PATCH', `/users/${synced}`, { jobTitle: 'x' }),
      write('PATCH', `/groups/${roleGroup}`, { description: 'x' }),
      write('POST', `/groups/${roleGroup}/owners/$ref`, member),
      deploy(`/subscriptions/${subscription}/resourceGroups/rg-contoso-web`, { ...template(), mode: 'complete' }),
      write('POST', '/groups', {
        displayName: 'x',
        mailEnabled: false,
        mailNickname: 'x',
        securityEnabled: true,
        isAssignableToRole: true,
      }),
      write('POST', '/groups', { displayName: 'x', isAssignableToRole: true, IsAssignableToRole: false }),
      write('POST', '/groups', '{"displayName": "x", "isAssignableToRole": true, "isAssignableToRole": false}'),
      {
        tool: 'arm_write',
        args: { method: 'POST', path: `${resourceGroup}/providers/Microsoft.Web/sites/APP-contoso-shop/stop` },
      },
    ],
    'scripts on machines': [
      {
        tool: 'arm_write',
        args: {
          method: 'PATCH',
          path: `${resourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss`,
          body: {
            properties: {
              virtualMachineProfile: {
                extensionProfile: { extensions: [{ name: 'x', properties: { type: 'CustomScript' } }] },
              },
            },
          },
        },
      },
      {
        tool: 'arm_write',
        args: {
          method: 'PUT',
          path: `${resourceGroup}/providers/Microsoft.Compute/virtualMachines/vm/extensions/x`,
          body: { properties: { type: 'CustomScriptExtension' } },
        },
      },
      {
        tool: 'arm_write',
        args: {
          method: 'POST',
          path: `${resourceGroup}/providers/Microsoft.Compute/virtualMachines/vm/runCommand`,
          body: { commandId: 'RunShellScript' },
        },
      },
    ],
    'our own app': [
      write('PATCH', `/applications/${own.id}`, { displayName: 'x' }),
      write('PATCH', `/applications(appId='${own.appId}')`, { displayName: 'x' }),
      write('DELETE', `/servicePrincipals/${own.principal}`),
      write('PATCH', `/servicePrincipals(appId='${own.appId.toUpperCase()}')`, { tags: ['x'] }),
      write('PATCH', `/directoryObjects/${own.id}/microsoft.graph.application`, { displayName: 'x' }),
    ],
    'much at once': [
      {
        tool: 'graph_write',
        args: {
          requests: [
            { method: 'DELETE', endpoint: `/groups/${group}` },
            { method: 'DELETE', endpoint: `/groups/${group}/` },
          ],
        },
      },
      {
        tool: 'graph_write',
        args: {
          requests: Array.from({ length: 51 }, (_, at) => ({
            method: 'PATCH',
            endpoint: `/groups/${group}`,
            body: { description: `${at}` },
          })),
        },
      },
      write('DELETE', `/directory/deletedItems/${user.id}`),
      write('DELETE', `/directory/deletedItems/microsoft.graph.user/${user.id}`),
      { tool: 'arm_write', args: { method: 'DELETE', path: 'resourceGroups/rg-contoso-legacy' } },
    ],
  };
}
