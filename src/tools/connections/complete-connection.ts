import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { briefConnection, briefSecrets } from '../../core/connections/connection-view.ts';
import { accessLevels, connectionScopes, identitySchema } from '../../core/record/connection.ts';
import { additive, defineTool } from '../define-tool.ts';
import {
  connection,
  connectionScope,
  connectionSettings,
  listOf,
  ruledBy,
  secretArgument,
  shortText,
} from '../params.ts';
import { readScopes, readsBoth } from '../pasted/connection-scopes.ts';
import { readOrganizationAddress } from '../pasted/service-connection-places.ts';
import { connectionOutput } from './connection-output.ts';

/** The same rule as for declared connections. */
function identityField(name: 'default_location' | 'management_group_id' | 'resource_group' | 'workspace_name') {
  return ruledBy(identitySchema.shape[name].unwrap()).optional();
}

export const completeConnection = defineTool({
  name: 'complete_connection',
  title: 'Complete or change a connection',
  description:
    'Finishes what create_connection began: sets up a connection with tenant id, client id and client secret. ' +
    'Replaces an expired secret with a new one (rotation), and changes settings, scopes and access (read-only or writing): ' +
    'less at once, more when a person says yes. What is not given stays; ' +
    'the replaced secret is kept until validate_connection passes. Pass secrets by reference, not literally.',
  toolset: 'connections',
  permissions: [],
  annotations: { ...additive, idempotentHint: true },
  goesOn: 'always',
  checkWith: 'Look at list_connections.',
  bindsConnection: false,
  readPasted: readsBoth(readOrganizationAddress, readScopes),
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
    certificate: secretArgument.optional().describe('Like client_secret; PEM with key, or PFX.'),
    certificate_passphrase: secretArgument.optional().describe('If that is encrypted.'),
    federated_token: secretArgument.optional().describe('Where tokens are; default the CI platform.'),
    token: secretArgument.optional().describe('For auth_type bearer.'),
    default_location: identityField('default_location').describe('E.g. westeurope.'),
    organization: shortText(200).optional().describe('Azure DevOps.'),
    management_group_id: identityField('management_group_id').describe('Its id, not its display name.'),
    resource_group: identityField('resource_group').describe('That of the workspace.'),
    workspace_name: identityField('workspace_name').describe('For scope_level ml_workspace.'),
    scopes: listOf(connectionScope, connectionScopes.length).optional().describe('As in create_connection.'),
    settings: connectionSettings.optional().describe('Those to change.'),
    access: z.enum(accessLevels).optional(),
    replace_identity: z.boolean().optional().describe('Allow a different tenant or app.'),
  }),
  output: connectionOutput,
  async run(args, { connections, caller, call, clock }) {
    const { connection: name, client_secret, certificate, federated_token, token, ...identity } = args;
    const secrets = withoutUndefined({ client_secret, certificate, federated_token, token });
    const record = await connections.complete(name, { ...withoutUndefined(identity), secrets }, caller, call);
    // A person may have corrected the identity, so the answer shows all of it.
    const { tenant_id: _id, ...brief } = briefConnection(record, clock);
    return { status: 200, data: { ...brief, identity: record.identity, secrets: briefSecrets(record) } };
  },
});
