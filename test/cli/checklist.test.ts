import { expect, test } from 'vitest';
import { formatChecklist } from '../../src/cli/commands/checklist.ts';
import { buildChecklist } from '../../src/core/connections/checklist/build-checklist.ts';
import { clientId, tenantId, testRecord } from '../core/connections/support.ts';

test('the checklist for reading has a mark for each step, and commands on lines of their own', () => {
  const identity = { tenant_id: tenantId, client_id: clientId };
  const text = formatChecklist(buildChecklist(testRecord({ status: 'pending', identity, scopes: ['directory'] })));
  expect(text).toBe(`prod: pending, unknown; 1 of 4 steps done

[x] Register an app in Microsoft Entra ID, and copy tenant id and client id
    App ${clientId} in tenant ${tenantId}.

[ ] Create a client secret
    client_secret has not been supplied.
    Portal: App registrations > the app > Certificates & secrets > New client secret
      az ad app credential reset --id ${clientId} --append --display-name tenantry --years 1 --query password --output tsv
    Then enter it on the page that complete_connection opens, or at the terminal: tenantry connections complete prod

[?] Grant Microsoft Graph application permissions, with admin consent
    User.Read.All to read users, GroupMember.Read.All to read groups and members, LicenseAssignment.Read.All to read licences.
    Portal: App registrations > the app > API permissions > Add a permission > Microsoft Graph, then Grant admin consent
      az ad app permission add --id ${clientId} --api 00000003-0000-0000-c000-000000000000 --api-permissions df021288-bdef-4463-88db-98f22de89214=Role 98830695-27a2-44f7-8c18-0c3ebc9698f6=Role e2f98668-2877-4f38-a2f4-8202e0717aa1=Role
      az ad app permission admin-consent --id ${clientId}

[ ] Validate the connection
    It has not been validated.
      tenantry connections validate prod

[x] done  [ ] to do  [!] look at it  [?] not checked yet`);
});
