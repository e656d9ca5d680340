import { z } from 'zod';
import { azureEnvironments } from '../../core/service-connections/service-connection.ts';
import { additive, defineTool } from '../define-tool.ts';
import { connection, shortText } from '../params.ts';
import { projectParams } from './devops-params.ts';
import { readCredential, readKind, readTarget, serviceConnectionArguments } from './service-connection-arguments.ts';

const name = shortText(300);

export const createServiceConnection = defineTool({
  name: 'create_service_connection',
  title: 'Create a service connection',
  description:
    'Creates an Azure service connection in an Azure DevOps project, federation included, and verifies it. ' +
    'Repeat an interrupted call to finish it. A connection whose test fails is kept; see verification.',
  toolset: 'devops',
  permissions: [
    'Creator on the service connections of the project; a personal access token needs vso.serviceendpoint_manage',
    'Application.ReadWrite.OwnedBy for federation of an app it owns, Application.ReadWrite.All for any other',
    'Role Based Access Control Administrator at the scope for automatic',
  ],
  annotations: additive,
  bindsConnection: true,
  input: z.strictObject({
    connection,
    ...projectParams,
    name,
    description: z.string().optional(),
    ...serviceConnectionArguments,
    environment: z.enum(azureEnvironments).optional(),
    environment_url: shortText(1_000).optional().describe('With AzureStack.'),
    service_management_reference: name.optional(),
    grant_all_pipelines: z.boolean().optional(),
    verify: z.boolean().optional().describe('Default true.'),
  }),
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
