import { z } from 'zod';
import { quoted } from '../../core/base/plain-text.ts';
import type { PlannedTask } from '../../core/policy/guard.ts';
import { planWrite, writesOfNewApp } from '../../core/policy/planned-writes.ts';
import { azureEnvironments, type CreateServiceConnection } from '../../core/service-connections/service-connection.ts';
import { additive, type ConnectionToolContext, defineTool } from '../define-tool.ts';
import { connection, shortText } from '../params.ts';
import { inTurn, readsAddresses } from '../pasted/address-fields.ts';
import { resourceOfLink } from '../pasted/resource-links.ts';
import { readProjectAddress } from '../pasted/service-connection-places.ts';
import { briefServiceConnection } from './brief-service-connection.ts';
import { projectParams } from './devops-params.ts';
import { readCredential, readKind, readTarget, serviceConnectionArguments } from './service-connection-arguments.ts';

const name = shortText(300);

export const createServiceConnection = defineTool({
  name: 'create_service_connection',
  title: 'Create a service connection for pipelines',
  description:
    'Adds a new Azure Resource Manager (ARM) service connection (service endpoint) to an Azure DevOps project, so that pipelines reach a subscription and deploy to Azure, also with workload identity federation, and verifies it. ' +
    'Repeat it to finish an interrupted one. One whose test fails is kept; see verification.',
  toolset: 'devops',
  permissions: [
    'Creator on the service connections of the project; a personal access token needs vso.serviceendpoint_manage',
    'Application.ReadWrite.OwnedBy for federation of an app it owns, Application.ReadWrite.All for any other',
    'Role Based Access Control Administrator at the scope for automatic',
  ],
  annotations: additive,
  goesOn: 'always',
  checkWith: 'Look at list_service_connections; repeating the call finishes what was begun.',
  bindsConnection: true,
  readPasted: inTurn(
    readProjectAddress,
    readsAddresses({ field: 'managed_identity_id', fromLink: resourceOfLink }),
    readsAddresses({ field: 'web_app_id', fromLink: resourceOfLink }),
  ),
  input: z.strictObject({
    connection,
    ...projectParams,
    name: name.describe('Of the new one.'),
    description: z.string().optional().describe('For people.'),
    ...serviceConnectionArguments,
    environment: z.enum(azureEnvironments).optional(),
    environment_url: shortText(1_000).optional().describe('With AzureStack.'),
    service_management_reference: name.optional().describe('Where the tenant requires one.'),
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
    await context.guard.askForTask(await taskOf(request, context), context.call);
    const made = await context.serviceConnections.create(request, context.call);
    const isUsable = made.verification?.ok !== false && made.all_pipelines !== false;
    return { status: 200, success: isUsable, data: { ...briefServiceConnection(made), is_ready: made.is_ready } };
  },
});

/** What a person is asked about it: who gets trust or a role, and which pipelines may use it. */
async function taskOf(
  request: CreateServiceConnection,
  { cloud, devops }: ConnectionToolContext,
): Promise<PlannedTask> {
  const { scopeOf } = await import('../../core/service-connections/create/build-endpoint.ts');
  const { name: wanted, project, scheme, credential, target, grantAllPipelines } = request;
  const isFederated = scheme === 'WorkloadIdentityFederation';
  const isAutomatic = credential.kind === 'automatic';
  return {
    summary: `Create the service connection ${quoted(wanted)} in the project ${quoted(project)}`,
    details: [
      ...Object.entries(target).map(([name, value]) => `${name}: ${quoted(String(value), 1_000)}`),
      `it signs in with ${quoted(`${scheme}, ${credential.kind}`)}`,
      ...('clientId' in credential ? [`as the app ${quoted(credential.clientId)}`] : []),
      ...('resourceId' in credential ? [`as the identity ${quoted(credential.resourceId, 2_000)}`] : []),
      ...(isAutomatic ? ['an app is registered for it and gets the role `Contributor` there'] : []),
      ...(grantAllPipelines === true ? ['all pipelines of the project may use it'] : []),
    ],
    covers: [
      ...(isFederated || isAutomatic ? (['credential', 'role', 'own_app'] as const) : []),
      ...(grantAllPipelines === true ? (['pipelines'] as const) : []),
    ],
    writes: [
      planWrite('devops', cloud.devops, {
        method: 'POST',
        address: `/${devops.organizationOf(request)}/_apis/serviceendpoint/endpoints`,
        body: { authorization: { scheme }, data: target },
      }),
      ...(isAutomatic ? writesOfNewApp([scopeOf(target)], 'federatedIdentityCredentials') : []),
    ],
  };
}
