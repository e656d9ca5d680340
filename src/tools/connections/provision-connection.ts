import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { viewConnection } from '../../core/connections/connection-view.ts';
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

export const provisionConnection = defineTool({
  name: 'provision_connection',
  title: 'Provision a connection',
  description:
    'Creates an app registration with principal, credential and roles, and a connection that uses it. Repeat an interrupted call to finish it.',
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
  input: z.strictObject({
    connection: connection.describe('Whose rights are used.'),
    name: connectionName.describe('Of the new one.'),
    display_name: shortText(120).optional(),
    credential: z.enum(['federated', 'secret']),
    federated: z
      .strictObject({
        issuer: z.string(),
        subject: z.string(),
        audience: z.string().optional(),
        token: secretArgument.optional().describe('Where tokens are, e.g. {"file":"name"}.'),
      })
      .optional(),
    secret_days: z.number().optional(),
    roles: listWithin(
      z.strictObject({
        role: shortText(200).describe('Name or GUID.'),
        scope: shortText(2_000).optional().describe('ARM path.'),
      }),
      20,
    ),
    scopes: listOf(connectionScope, connectionScopes.length).optional(),
    access: z.enum(['read_only', 'read_write']).optional(),
    scope_level: z.enum(scopeLevels).optional(),
    subscription_id: guid.optional(),
    management_group_id: z.string().optional(),
    resource_group: z.string().optional(),
    workspace_name: z.string().optional(),
    service_management_reference: shortText(128).optional(),
  }),
  output: z.looseObject({}),
  async run({ connection: _admin, ...input }, context) {
    const { connections, caller, call, clock } = context;
    const { record, credential, ...made } = await connections.provision(withoutUndefined(input), context, caller, call);
    const stored = record.secrets.find(({ source }) => source === 'provisioned');
    return {
      status: 201,
      data: { ...made, credential: { ...credential, ...factsOf(stored) }, connection: viewConnection(record, clock) },
    };
  },
});

/** What identifies a secret; never its text. */
function factsOf(secret: SecretInfo | undefined): { fingerprint?: string; expires_at?: string | undefined } {
  return secret === undefined ? {} : { fingerprint: secret.fingerprint, expires_at: secret.expiresAt };
}
