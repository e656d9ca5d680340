import { z } from 'zod';
import { briefCheck } from '../../core/connections/connection-view.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { connection, listOf, text } from '../params.ts';
import { checkOutput } from './connection-output.ts';

export const validateConnection = defineTool({
  name: 'validate_connection',
  title: 'Check a connection',
  description:
    'Tests whether a connection works and is still valid: ' +
    'verifies sign-in, credentials and their expiry, tenant and app, clock, Graph permissions, subscription, Azure roles, linked services. ' +
    'Use it after complete_connection and on failures; it names what is not granted and the next step.',
  toolset: 'connections',
  permissions: ['Application.Read.All to read the expiry of credentials', 'Reader to read role assignments'],
  annotations: readOnly,
  goesOn: 'always',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: false,
  input: z.strictObject({
    connection,
    checks: listOf(text(/^[a-z][a-z0-9_.-]{0,99}$/, 'use the name of a check such as token or expiry'), 50)
      .optional()
      .describe(
        'Only these: token, identity, clock, graph_roles, subscription, role_assignments, data_plane, expiry, devops. Default all.',
      ),
  }),
  output: z.looseObject({ health: z.string(), checks: z.array(checkOutput) }),
  async run({ connection: name, checks: wanted }, { connections, caller, call }) {
    // An answer has lines such as token.graph and token.resource_manager: both belong to the check token.
    const names = wanted?.map((check) => check.replace(/\..*$/, ''));
    const { health, checks } = await connections.validate(name, names, caller, call);
    return { status: 200, data: { health, checks: checks.map(briefCheck) } };
  },
});
