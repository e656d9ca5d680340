import type { SelfCheck } from '../self-check.ts';
import { list, object } from '../shape.ts';

const docs = 'https://learn.microsoft.com/rest/api/azure/devops';
const endpoints = '/{project}/_apis/serviceendpoint/endpoints';
const inProject = 'a place in the project, and Reader of its service connections';
const nobody = '5e1fc8ec-0000-4000-8000-000000000000';

const counted = (item: Parameters<typeof list>[0]) => object({ count: 'integer', value: list(item) });

const project = object({
  id: 'guid',
  name: 'string',
  state: '=wellFormed|=createPending|=deleting|=new|=unchanged|=deleted',
  'visibility?': '=private|=public|=organization',
  'url?': 'url',
  'revision?': 'integer',
  'lastUpdateTime?': 'date-time',
});

const endpoint = object({
  id: 'guid',
  name: 'string',
  type: 'string',
  'url?': 'string|null',
  'description?': 'string|null',
  owner: 'string',
  isShared: 'boolean',
  isReady: 'boolean',
  authorization: object({ scheme: 'string', 'parameters?': 'object|null' }),
  data: 'object',
  'operationStatus?': 'object|null',
  'serviceEndpointProjectReferences?': list(
    object({ projectReference: object({ id: 'guid', name: 'string' }), name: 'string' }),
  ),
});

export const devopsChecks: readonly SelfCheck[] = [
  {
    id: 'devops.organization',
    asks: 'the organization and who is signed in',
    about: 'shape',
    request: { service: 'devops', path: '/_apis/connectionData', version: '7.1-preview.1' },
    expect: { body: object({ instanceId: 'guid', authenticatedUser: object({ id: 'guid' }) }) },
    source: `${docs}`,
    needs: 'a place in the organization',
  },
  {
    id: 'devops.projects',
    asks: 'projects, a page of five',
    about: 'shape',
    request: { service: 'devops', path: '/_apis/projects', query: { $top: 5 } },
    expect: { body: counted(project), atMost: 5, headers: { 'x-ms-continuationtoken?': 'string' } },
    source: `${docs}/core/projects/list`,
    needs: 'a place in the organization',
    learns: { project: 'value.*.name' },
  },
  {
    id: 'devops.endpoints',
    asks: 'service connections of a project',
    about: 'shape',
    request: { service: 'devops', path: endpoints },
    expect: { body: counted(endpoint) },
    source: `${docs}/serviceendpoint/endpoints/get-service-endpoints`,
    needs: inProject,
    learns: { endpoint: 'value.0.id' },
    searches: 'project',
  },
  {
    id: 'devops.endpoints.azure',
    asks: 'service connections to Azure with their details, whose secrets are null',
    about: 'shape',
    request: {
      service: 'devops',
      path: endpoints,
      query: { type: 'azurerm', includeDetails: 'true', includeFailed: 'true' },
    },
    expect: {
      body: counted(
        object({
          type: '=azurerm|=AzureRM',
          authorization: object({
            scheme: '=ServicePrincipal|=WorkloadIdentityFederation|=ManagedServiceIdentity|=PublishProfile',
            parameters: object({
              'tenantid?': 'guid',
              'serviceprincipalid?': 'guid|string',
              'serviceprincipalkey?': 'null|=',
              'servicePrincipalCertificate?': 'null|=',
              'workloadIdentityFederationIssuer?': 'url',
              'workloadIdentityFederationSubject?': 'string',
            }),
          }),
          data: object({ 'environment?': 'string', 'scopeLevel?': 'string', 'creationMode?': '=Automatic|=Manual' }),
        }),
      ),
    },
    source: `${docs}/serviceendpoint/endpoints/get-service-endpoints`,
    needs: inProject,
  },
  {
    id: 'devops.pipelines',
    asks: 'which pipelines may use a service connection',
    about: 'shape',
    request: {
      service: 'devops',
      path: '/{project}/_apis/pipelines/pipelinepermissions/endpoint/{endpoint}',
      version: '7.1-preview.1',
    },
    expect: {
      body: object({
        resource: object({ type: '=endpoint', id: 'guid' }),
        'allPipelines?': 'object|null',
        pipelines: list(object({ id: 'integer', authorized: 'boolean' })),
      }),
    },
    source: `${docs}/approvalsandchecks/pipeline-permissions/get`,
    needs: inProject,
  },
  {
    id: 'devops.unknown-endpoint',
    asks: 'a service connection that does not exist: nothing, or 404',
    about: 'code',
    request: { service: 'devops', path: `${endpoints}/${nobody}` },
    expect: { status: [200, 404], body: 'null|object' },
    source: `${docs}/serviceendpoint/endpoints/get`,
    needs: inProject,
  },
  {
    id: 'devops.refuses.unknown-project',
    asks: 'a project that does not exist',
    about: 'code',
    request: { service: 'devops', path: '/tenantry-selfcheck/_apis/serviceendpoint/endpoints' },
    expect: {
      status: [404, 400],
      codes: ['ProjectDoesNotExistWithNameException', 'ProjectDoesNotExistException'],
    },
    source: `${docs}`,
    needs: 'a place in the organization',
  },
  {
    id: 'devops.refuses.preview',
    asks: 'a version that is a preview, without saying so',
    about: 'code',
    request: { service: 'devops', path: '/_apis/connectionData', version: '7.1' },
    expect: { status: 400, codes: ['VssInvalidPreviewVersionException'] },
    source: 'https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-versioning',
    needs: 'a place in the organization',
  },
];
