import type { SelfCheck } from '../self-check.ts';
import { exactly, object } from '../shape.ts';
import { armPage } from './arm-page.ts';

const docs = 'https://learn.microsoft.com/rest/api/azureml/workspace-connections';
const version = '2024-04-01';
const needs = 'Microsoft.MachineLearningServices/workspaces/connections/read';

/** Credentials are never part of it. */
const properties = exactly({
  authType: 'string',
  'category?': 'string',
  'target?': 'string|null',
  'group?': '=Azure|=AzureAI|=Database|=NoSQL|=File|=GenericProtocol|=ServicesAndApps|null',
  'metadata?': 'object|null',
  'expiryTime?': 'date-time|null',
  'isSharedToAll?': 'boolean',
  'sharedUserList?': 'array|null',
  'createdByWorkspaceArmId?': 'string|null',
  'value?': 'string|null',
  'valueFormat?': '=JSON|null',
  'error?': 'string|null',
  'peRequirement?': 'string',
  'peStatus?': 'string',
  'useWorkspaceManagedIdentity?': 'boolean',
});

const connection = object({ id: 'string', name: 'string', type: 'string', properties, 'systemData?': 'object|null' });

export const mlChecks: readonly SelfCheck[] = [
  {
    id: 'ml.workspaces',
    asks: 'ML workspaces of the subscription',
    about: 'shape',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/workspaces',
      version,
    },
    expect: {
      body: armPage(
        object({
          id: 'string',
          name: 'string',
          type: 'string',
          location: 'string',
          'kind?': 'string',
          properties: 'object',
        }),
      ),
      nextBy: ['$skiptoken', '$skip'],
    },
    source: 'https://learn.microsoft.com/rest/api/azureml/workspaces/list-by-subscription',
    needs: 'Microsoft.MachineLearningServices/workspaces/read',
    learns: { workspace: 'value.*.id' },
  },
  {
    id: 'ml.connections',
    asks: 'connections of a workspace, without credentials',
    about: 'shape',
    request: { service: 'arm', path: '{workspace}/connections', version },
    expect: { body: armPage(connection), nextBy: ['$skiptoken', '$skip'] },
    source: `${docs}/list`,
    needs,
    searches: 'workspace',
  },
  {
    id: 'ml.connections.category',
    asks: 'connections of one category',
    about: 'shape',
    request: { service: 'arm', path: '{workspace}/connections', query: { category: 'Git' }, version },
    expect: {
      body: armPage(object({ properties: object({ category: '=Git', authType: 'string' }) })),
    },
    source: `${docs}/list`,
    needs,
  },
  {
    id: 'ml.refuses.unknown-connection',
    asks: 'a connection that does not exist',
    about: 'code',
    request: { service: 'arm', path: '{workspace}/connections/tenantry-selfcheck', version },
    expect: { status: 404, codes: ['UserError', 'NotFound', 'ResourceNotFound'] },
    source: `${docs}/get`,
    needs,
  },
  {
    id: 'ml.refuses.bad-name',
    asks: 'a connection whose name is too short',
    about: 'code',
    request: { service: 'arm', path: '{workspace}/connections/x', version },
    expect: { status: [400, 404], codes: ['ValidationError', 'UserError', 'BadRequest', 'NotFound'] },
    source: `${docs}/get`,
    needs,
  },
];
