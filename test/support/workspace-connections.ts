import { localCaller } from '../../src/core/base/caller.ts';
import { testCall } from './call.ts';
import type { Answer, SandboxTools } from './sandbox-tools.ts';

// Test data of our own: every auth type with every member of its credentials.

export const guid = '9c1b9d0e-0000-4000-8000-000000000001';
export const otherGuid = '9c1b9d0e-0000-4000-8000-000000000002';
export const identityId = `/subscriptions/${guid}/resourceGroups/rg-ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-ml`;

/** Marks what must not appear anywhere. */
export const mark = 'MARKED-4f7a';

type Fields = Readonly<Record<string, unknown>>;

export const everyCredential: Readonly<Record<string, Fields | undefined>> = {
  PAT: { pat: `${mark}-pat` },
  ManagedIdentity: { clientId: guid, resourceId: identityId },
  UsernamePassword: { username: 'ada', password: `${mark}-password`, securityToken: `${mark}-security-token` },
  None: undefined,
  SAS: { sas: `?sv=2024&sig=${mark}-sas` },
  AccountKey: { key: `${mark}-account-key==` },
  ServicePrincipal: { clientId: guid, clientSecret: `${mark}-client-secret`, tenantId: otherGuid },
  AccessKey: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: `${mark}-secret/access+key` },
  ApiKey: { key: `${mark}-api-key` },
  CustomKeys: { keys: { first: `${mark}-first`, 'second key': `${mark}-"second"` } },
  OAuth2: {
    clientId: guid,
    clientSecret: `${mark}-oauth-secret`,
    authUrl: 'https://login.example/oauth2/token',
    username: 'ada',
    password: `${mark}-oauth-password`,
    refreshToken: `${mark}-refresh`,
    developerToken: `${mark}-developer`,
    tenantId: 'tenant-of-xero',
  },
  AAD: undefined,
};

export const authTypes = Object.keys(everyCredential);

/** Properties of an auth type with all of its credentials. */
export function propertiesOf(authType: string, more: Fields = {}): Fields {
  const credentials = everyCredential[authType];
  return {
    authType,
    category: 'GenericRest',
    target: 'https://target.example/',
    ...(credentials === undefined ? {} : { credentials }),
    ...more,
  };
}

export const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };

const resources = (tools: SandboxTools) =>
  `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-ml/providers`;

export const workspaceId = (tools: SandboxTools, name = workspace.workspace_name) =>
  `${resources(tools)}/Microsoft.MachineLearningServices/workspaces/${name}`;

/** An Azure AI Foundry account or one of its projects. */
export const foundryId = (tools: SandboxTools, account: string, project?: string) =>
  `${resources(tools)}/Microsoft.CognitiveServices/accounts/${account}${project === undefined ? '' : `/projects/${project}`}`;

/** The stored connection, including secrets, read with the connection's permissions without the tools. */
export async function storedProperties(
  tools: SandboxTools,
  name: string,
  parent = workspaceId(tools),
): Promise<Fields> {
  const records = await tools.runtime.connections.list(localCaller);
  const record = records.find((one) => one.name === 'sandbox');
  if (record === undefined) throw new Error('The sandbox has no connection.');
  const { arm } = await tools.runtime.opener.open(record, localCaller);
  const request = {
    method: 'POST',
    path: `${parent}/connections/${name}/listsecrets`,
    apiVersion: '2024-04-01',
    reveals: true,
  } as const;
  const { body } = await arm.send(request, testCall());
  return (body as { readonly properties: Fields }).properties;
}

export const create = (tools: SandboxTools, name: string, properties: unknown, more: Fields = {}): Promise<Answer> =>
  tools.call('create_workspace_connection', { ...workspace, connection_name: name, properties, ...more });
