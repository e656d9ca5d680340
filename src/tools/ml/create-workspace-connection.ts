import { z } from 'zod';
import { isRecord } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import { looksLikeReference, referenceInText } from '../../core/record/secret-argument.ts';
import { Secret } from '../../core/secrets/secret.ts';
import { isIdentifier } from '../../core/workspace-connections/auth-variants.ts';
import { checkConnectionName } from '../../core/workspace-connections/parent-address.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { confirm, connection, recordWithin } from '../params.ts';
import { readConnectionProperties } from '../pasted/workspace-parents.ts';
import { describeParent, parentOf, parentParams, workspaceConnectionName } from './ml-params.ts';

const properties = recordWithin(z.string(), z.unknown(), 100)
  .transform(withSecrets)
  .describe(
    'authType, category, target, credentials, metadata (texts), expiryTime, isSharedToAll, sharedUserList. Credentials by authType: ' +
      'ApiKey, AccountKey {key}; PAT {pat}; SAS {sas}; AccessKey {accessKeyId, secretAccessKey}; UsernamePassword {username, password}; ' +
      'ServicePrincipal {clientId, clientSecret, tenantId}; CustomKeys {keys:{…}}; OAuth2 {clientId, clientSecret, …}; ' +
      'ManagedIdentity {} or {clientId, resourceId}; None, AAD without. ' +
      'Secrets as {"secret":"name"}, {"prompt":true} or text.',
  );

export const createWorkspaceConnection = defineTool({
  name: 'create_workspace_connection',
  title: 'Connect an ML workspace or AI Foundry project',
  description:
    'Connects an Azure Machine Learning (ML) workspace or AI Foundry project: ' +
    'adds a connection to Azure OpenAI, AI Search, storage, a git repository or another service, with its credentials. ' +
    'With replace it overwrites an existing one: pass all properties and credentials again.',
  toolset: 'ml',
  permissions: [
    'Microsoft.MachineLearningServices/workspaces/connections/read',
    'Microsoft.MachineLearningServices/workspaces/connections/write',
  ],
  annotations: destructive,
  bindsConnection: true,
  readPasted: readConnectionProperties,
  input: z.strictObject({
    connection,
    ...parentParams,
    connection_name: workspaceConnectionName,
    properties,
    replace: z.boolean().optional().describe('Default false.'),
    confirm,
  }),
  async run(args, context) {
    const { workspaceConnections, connections, record, caller, call } = context;
    const parent = parentOf(args, context);
    // Before anybody is asked for a secret.
    checkConnectionName(args.connection_name, parent.kind);
    const prepared = await workspaceConnections.prepare(
      {
        parent,
        properties: args.properties,
        resolveSecret: ({ field, argument, holder, targets }) => {
          const use = { kind: 'export' as const, connection: record, holder, targets };
          return connections.resolveSecret({ field, argument, use }, caller, call);
        },
      },
      call,
    );
    const { connection_name: name, replace = false } = args;
    await context.guard.askForTask(
      {
        summary: `${replace ? 'Replace' : 'Create'} the workspace connection ${quoted(name)}`,
        details: [describeParent(parent)],
        covers: [],
      },
      call,
    );
    const outcome = await workspaceConnections.put({ parent, name, properties: prepared, replace }, call);
    return { status: outcome.replaced ? 200 : 201, data: { ...outcome.connection, replaced: outcome.replaced } };
  },
});

/**
 * Turns every text of `credentials` that is not an identifier into a `Secret`, at any depth, while the arguments are parsed:
 * it appears in no error, log or result. JSON text of a reference becomes that reference. Core checks everything else.
 */
function withSecrets(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { credentials } = properties;
  return isRecord(credentials) ? { ...properties, credentials: secretsOf(credentials) } : properties;
}

function secretsOf(credentials: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => {
      return [name, isIdentifier(name) ? value : asSecret(value)];
    }),
  );
}

function asSecret(value: unknown): unknown {
  if (typeof value === 'string') return referenceInText(value) ?? new Secret(value);
  if (Array.isArray(value)) return value.map(asSecret);
  if (!isRecord(value) || looksLikeReference(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asSecret(one)]));
}
