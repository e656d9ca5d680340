import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { briefConnection } from '../../core/connections/connection-view.ts';
import { connectionScopes, type SecretInfo, scopeLevels } from '../../core/record/connection.ts';
import { additive, defineTool } from '../define-tool.ts';
import {
  connection,
  connectionName,
  connectionScope,
  guid,
  listOf,
  listWithin,
  secretArgument,
  shortText,
} from '../params.ts';
import { readsAddresses } from '../pasted/address-fields.ts';
import { readScopes, readsBoth } from '../pasted/connection-scopes.ts';
import { resourceOfLink } from '../pasted/resource-links.ts';

export const provisionConnection = defineTool({
  name: 'provision_connection',
  title: 'Provision a service principal and its connection',
  description:
    'Sets up an app registration (service principal) with its own credential, grants it the Azure roles it needs (least privilege), connects with it and stores a new connection with this identity. ' +
    'Done with the rights of an existing admin connection. Repeat it to finish an interrupted one.',
  toolset: 'connections',
  permissions: [
    'Application.ReadWrite.OwnedBy',
    'Role Based Access Control Administrator at the scopes of the roles',
    'Reader to look up roles',
  ],
  annotations: { ...additive, idempotentHint: true },
  goesOn: 'always',
  checkWith: 'Look at list_connections; repeating the call finishes what was begun.',
  bindsConnection: true,
  readPasted: readsBoth(readsAddresses({ field: 'scope', itemsOf: 'roles', fromLink: resourceOfLink }), readScopes),
  input: z.strictObject({
    connection: connection.describe('Whose rights are used.'),
    name: connectionName.describe('Of the new one.'),
    display_name: shortText(120).optional().describe('Of the app. Default tenantry-{name}.'),
    credential: z.enum(['federated', 'secret']),
    federated: z
      .strictObject({
        issuer: z.string().describe('E.g. https://token.actions.githubusercontent.com.'),
        subject: z.string().describe('As tokens have it.'),
        audience: z.string().optional().describe('Default api://AzureADTokenExchange.'),
        token: secretArgument.optional().describe('Where tokens are, e.g. {"file":"name"}.'),
      })
      .optional()
      .describe('Whose tokens to trust; with credential federated.'),
    secret_days: z.number().optional().describe('1 to 730. Default 180.'),
    roles: listWithin(
      z.strictObject({
        role: shortText(200).describe('Name or GUID.'),
        scope: shortText(2_000).optional().describe('ARM path.'),
      }),
      20,
    ).describe('Azure roles to assign.'),
    scopes: listOf(connectionScope, connectionScopes.length).optional().describe('Default resources.'),
    access: z.enum(['read_only', 'read_write']).optional(),
    scope_level: z.enum(scopeLevels).optional(),
    subscription_id: guid.optional().describe('For its roles. Default that of connection.'),
    management_group_id: z.string().optional().describe('For that scope_level.'),
    resource_group: z.string().optional().describe('For ml_workspace.'),
    workspace_name: z.string().optional().describe('For ml_workspace.'),
    service_management_reference: shortText(128).optional().describe('Where the tenant requires one.'),
  }),
  output: z.looseObject({}),
  async run({ connection: _admin, ...input }, context) {
    const { connections, caller, call, clock } = context;
    const { record, credential, ...made } = await connections.provision(withoutUndefined(input), context, caller, call);
    const stored = record.secrets.find(({ source }) => source === 'provisioned');
    return {
      status: 201,
      data: { ...made, credential: { ...credential, ...factsOf(stored) }, connection: briefConnection(record, clock) },
    };
  },
});

/** What identifies a secret; never its text. */
function factsOf(secret: SecretInfo | undefined): { fingerprint?: string; expires_at?: string | undefined } {
  return secret === undefined ? {} : { fingerprint: secret.fingerprint, expires_at: secret.expiresAt };
}
