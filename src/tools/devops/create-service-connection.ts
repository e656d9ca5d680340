import { z } from 'zod';
import { scopeLevels } from '../../core/record/connection.ts';
import type { SecretArgument } from '../../core/record/secret-argument.ts';
import type { CredentialKind } from '../../core/service-connections/credential-rules.ts';
import {
  azureEnvironments,
  type ServiceConnectionCredential,
  serviceConnectionSchemes,
} from '../../core/service-connections/service-connection.ts';
import { secretArgument } from '../connections/secret-argument.ts';
import { additive, type ConnectionToolContext, defineTool } from '../define-tool.ts';
import { connection, guid, shortText } from '../params.ts';
import { organization, project } from './devops-params.ts';
import { readKind, readTarget } from './service-connection-arguments.ts';

const name = shortText(300);
const resource = shortText(1_000);

const input = z.strictObject({
  connection,
  organization: organization.optional(),
  project,
  name,
  description: z.string().optional(),
  scheme: z.enum(serviceConnectionSchemes),
  automatic: z.boolean().optional().describe('Have the app made, with the role Contributor.'),
  client_id: guid.optional().describe('App registration.'),
  client_secret: secretArgument.optional().describe('{"env":"NAME"} or {"file":"/path"}.'),
  certificate: secretArgument.optional().describe('PEM with key.'),
  managed_identity_id: resource.optional().describe('ARM id.'),
  publish_profile: secretArgument.optional(),
  web_app_id: resource.optional(),
  tenant_id: guid.optional(),
  scope_level: z.enum(scopeLevels).optional().describe('This and ids: default those of the connection.'),
  subscription_id: guid.optional(),
  subscription_name: name.optional().describe('Names and location are looked up.'),
  resource_group: name.optional().describe('Limits a subscription to one group.'),
  management_group_id: name.optional(),
  management_group_name: name.optional(),
  workspace_name: name.optional(),
  workspace_location: name.optional(),
  environment: z.enum(azureEnvironments).optional(),
  environment_url: resource.optional().describe('With AzureStack.'),
  service_management_reference: name.optional(),
  grant_all_pipelines: z.boolean().optional(),
  verify: z.boolean().optional().describe('Default true.'),
});

type Input = z.output<typeof input>;

export const createServiceConnection = defineTool({
  name: 'create_service_connection',
  title: 'Create a service connection',
  description:
    'Creates an Azure service connection in an Azure DevOps project, federation included, and verifies it. ' +
    'Call again after an interruption: it goes on. It stays when its test fails, see verification.',
  toolset: 'devops',
  permissions: [
    'Creator on the service connections of the project; a personal access token needs vso.serviceendpoint_manage',
    'Application.ReadWrite.OwnedBy for federation of an own app, Application.ReadWrite.All for that of another',
    'Role Based Access Control Administrator at the scope for automatic',
  ],
  annotations: additive,
  bindsConnection: true,
  input,
  output: z.looseObject({ id: z.string() }),
  async run(args, context) {
    const kind = readKind(args);
    const target = readTarget(args, kind, context.record);
    const credential = await readCredential(args, kind, context);
    const request = {
      organization: args.organization,
      project: args.project,
      name: args.name,
      description: args.description,
      scheme: args.scheme,
      credential,
      target,
      tenantId: args.tenant_id,
      environment: args.environment,
      environmentUrl: args.environment_url,
      serviceManagementReference: args.service_management_reference,
      grantAllPipelines: args.grant_all_pipelines,
      verify: args.verify,
    };
    const data = await context.serviceConnections.create(request, context.call);
    const isUsable = data.verification?.ok !== false && data.all_pipelines !== false;
    return { status: 200, success: isUsable, data };
  },
});

/** `readKind` has seen to it that the fields of the kind are there. */
async function readCredential(
  args: Input,
  kind: CredentialKind,
  { connections, call }: ConnectionToolContext,
): Promise<ServiceConnectionCredential> {
  const { client_id: clientId = '', managed_identity_id: resourceId = '', web_app_id: webAppId = '' } = args;
  const secret = (field: string, argument: SecretArgument | undefined) =>
    // An absent one cannot get here; a reference to nothing is refused like any other.
    connections.resolveSecret(field, argument ?? { env: '' }, call);
  switch (kind) {
    case 'automatic':
    case 'agent':
      return { kind };
    case 'app_registration':
      return { kind, clientId };
    case 'managed_identity':
      return { kind, resourceId };
    case 'key':
      return { kind, clientId, key: await secret('client_secret', args.client_secret) };
    case 'certificate':
      return { kind, clientId, certificate: await secret('certificate', args.certificate) };
    case 'publish_profile':
      return { kind, webAppId, profile: await secret('publish_profile', args.publish_profile) };
  }
}
