import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { briefConnection } from '../../core/connections/connection-view.ts';
import { authTypes, connectionScopes, scopeLevels, scopeSchema } from '../../core/record/connection.ts';
import { additive, defineTool } from '../define-tool.ts';
import { connectionName, connectionSettings, listOf, text } from '../params.ts';
import { readScopes } from '../pasted/connection-scopes.ts';
import { connectionOutput } from './connection-output.ts';

export const createConnection = defineTool({
  name: 'create_connection',
  title: 'Register a tenant',
  description:
    'Connects another tenant to work with: ' +
    'adds (registers) a new named connection to Microsoft 365 and Azure, the first step to set one up. ' +
    'It has no identity yet: complete_connection gives it one. Make one for each tenant, app and purpose.',
  toolset: 'connections',
  permissions: [],
  annotations: additive,
  checkWith: 'Look at list_connections.',
  bindsConnection: false,
  readPasted: readScopes,
  input: z.strictObject({
    name: connectionName.describe('E.g. main_azure.'),
    provider: z.enum(['azure']).optional(),
    scopes: listOf(scopeSchema, connectionScopes.length)
      .optional()
      .describe(
        'What it is for. directory: Microsoft Graph; resources: ARM; graph, gremlin: Cosmos DB Gremlin. Default the first two.',
      ),
    cloud: text(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'use the name of a cloud such as public, usgov, usdod or china')
      .optional()
      .describe('public (default), usgov, usdod, china, or one from the configuration.'),
    access: z.enum(['read_only', 'read_write']).optional().describe('Default read_only.'),
    auth_type: z.enum(authTypes).optional().describe('azure (default): client secret.'),
    scope_level: z.enum(scopeLevels).optional().describe('Default subscription.'),
    settings: connectionSettings
      .optional()
      .describe('How requests behave, e.g. {"max_concurrent_requests":8,"retry":{"max_attempts":6}}.'),
  }),
  output: connectionOutput,
  async run(args, { connections, caller, call, clock }) {
    const record = await connections.create(withoutUndefined(args), caller, call);
    return { status: 201, data: briefConnection(record, clock) };
  },
});
