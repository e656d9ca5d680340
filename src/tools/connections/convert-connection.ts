import { z } from 'zod';
import { briefConnection, viewConversion } from '../../core/connections/connection-view.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { confirm, connection, connectionName, secretArgument } from '../params.ts';

export const convertConnection = defineTool({
  name: 'convert_connection',
  title: 'Convert a connection to federation',
  description:
    'Switches a connection from its client secret to workload identity federation (federated credentials, OIDC, passwordless), once a token works, or back within seven days.',
  toolset: 'connections',
  permissions: ['Application.ReadWrite.OwnedBy, as owner of the app', 'Application.ReadWrite.All'],
  annotations: { ...destructive, idempotentHint: true },
  goesOn: 'always',
  checkWith: 'Look at list_connections; repeating the call finishes what was begun.',
  // A read-only connection can be converted with the rights of another.
  bindsConnection: false,
  input: z.strictObject({
    connection,
    issuer: z.string().optional().describe('Default that of the token.'),
    subject: z.string().optional().describe('Default that of the token.'),
    audience: z.string().optional().describe('Default api://AzureADTokenExchange.'),
    federated_token: secretArgument.optional().describe('{"file":"name"}; default that of the CI platform.'),
    admin_connection: connectionName.optional().describe('Connection whose rights change the app. Default: its own.'),
    remove_secret: z.boolean().optional().describe('Also remove the secret from the app, for good.'),
    revert: z.boolean().optional().describe('Back to the secret.'),
    confirm,
  }),
  output: z.looseObject({}),
  async run({ connection: name, ...input }, { connections, caller, call, clock }) {
    const { record, changes } = await connections.convert(name, input, caller, call);
    const { conversion } = record;
    const left = conversion === undefined ? {} : { conversion: viewConversion(conversion, clock) };
    return { status: 200, data: { changes, connection: { ...briefConnection(record, clock), ...left } } };
  },
});
