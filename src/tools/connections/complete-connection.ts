import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { viewConnection } from '../../core/connections/connection-view.ts';
import { accessLevels, connectionScopes, identitySchema } from '../../core/record/connection.ts';
import { additive, defineTool } from '../define-tool.ts';
import { connection, connectionScope, connectionSettings, listOf, ruledBy, secretArgument } from '../params.ts';
import { connectionOutput } from './connection-output.ts';

/** The same rule as for declared connections. */
function identityField(
  name: 'default_location' | 'organization' | 'management_group_id' | 'resource_group' | 'workspace_name',
) {
  return ruledBy(identitySchema.shape[name].unwrap()).optional();
}

export const completeConnection = defineTool({
  name: 'complete_connection',
  title: 'Complete or rotate a connection',
  description:
    'Gives a connection its identity and secret, or rotates the secret. ' +
    'Without a secret the stored one stays; the old one is kept until validate_connection passes with the new one. ' +
    'Pass secrets by reference, not literally. Also changes scopes, settings and access: less at once, more when a person says yes.',
  toolset: 'connections',
  permissions: [],
  annotations: { ...additive, idempotentHint: true },
  goesOn: 'always',
  checkWith: 'Look at list_connections.',
  bindsConnection: false,
  input: z.strictObject({
    connection,
    tenant_id: identitySchema.shape.tenant_id.describe('GUID or domain.'),
    subscription_id: identitySchema.shape.subscription_id,
    client_id: identitySchema.shape.client_id.describe('GUID of the app.'),
    client_secret: secretArgument
      .optional()
      .describe(
        'Reference {"secret":"name"}, {"env":"TENANTRY_SECRET_…"}, {"file":"name"} or {"prompt":true}, {"previous":true} to go back, or literal text.',
      ),
    certificate: secretArgument.optional().describe('Like client_secret; PEM with key.'),
    federated_token: secretArgument.optional(),
    token: secretArgument.optional().describe('For auth_type bearer.'),
    default_location: identityField('default_location').describe('E.g. westeurope.'),
    organization: identityField('organization').describe('Azure DevOps.'),
    management_group_id: identityField('management_group_id'),
    resource_group: identityField('resource_group'),
    workspace_name: identityField('workspace_name'),
    scopes: listOf(connectionScope, connectionScopes.length).optional(),
    settings: connectionSettings.optional(),
    access: z.enum(accessLevels).optional(),
    replace_identity: z.boolean().optional().describe('Allow a different tenant or app.'),
  }),
  output: connectionOutput,
  async run(args, { connections, caller, call, clock }) {
    const { connection: name, client_secret, certificate, federated_token, token, ...identity } = args;
    const secrets = withoutUndefined({ client_secret, certificate, federated_token, token });
    const record = await connections.complete(name, { ...withoutUndefined(identity), secrets }, caller, call);
    return { status: 200, data: viewConnection(record, clock) };
  },
});
