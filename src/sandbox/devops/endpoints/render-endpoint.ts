import type { DevOpsCall } from '../devops-call.ts';
import type { DevOpsStore, EndpointRecord, ProjectRecord, ProjectReference } from '../devops-store.ts';
import { isSecret } from './endpoint-schemes.ts';
import { derivedParameters, federationParameters } from './federation.ts';

interface RenderOptions {
  /** Includes what only updates need. Lists do so only with `includeDetails`. */
  readonly withDetails: boolean;
  /** The project whose name for the endpoint is shown. */
  readonly project?: ProjectRecord | undefined;
}

/** The endpoint as the REST API returns it. Secrets are null, but their names are kept. */
export function renderEndpoint(
  endpoint: EndpointRecord,
  { store }: Pick<DevOpsCall, 'store'>,
  { withDetails, project }: RenderOptions,
) {
  const { references, data, statusMessage, state } = endpoint;
  const own = references.find(({ projectId }) => projectId === project?.id) ?? references[0];
  return {
    data,
    id: endpoint.id,
    name: own?.name ?? '',
    type: endpoint.type,
    url: endpoint.url,
    createdBy: endpoint.createdBy,
    description: descriptionOf(endpoint, project ? own : undefined),
    administratorsGroup: null,
    readersGroup: null,
    groupScopeId: null,
    authorization: { parameters: parametersOf(endpoint, store, withDetails), scheme: endpoint.authorization.scheme },
    isShared: references.length > 1,
    isReady: endpoint.isReady,
    operationStatus: { state, statusMessage },
    owner: endpoint.owner,
    serviceEndpointProjectReferences: references.map(({ projectId, name, description }) => ({
      projectReference: { id: projectId, name: store.findProject(projectId)?.name ?? '' },
      name,
      description,
    })),
  };
}

/** A project sees what its own reference says; the organization sees what the endpoint says. */
function descriptionOf({ description, references }: EndpointRecord, own: ProjectReference | undefined): string {
  return own?.description || description || references[0]?.description || '';
}

const detailNames: ReadonlySet<string> = new Set(['scope', ...derivedParameters].map((name) => name.toLowerCase()));

function parametersOf(endpoint: EndpointRecord, store: DevOpsStore, withDetails: boolean) {
  const { scheme, parameters } = endpoint.authorization;
  const shown: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(parameters)) shown[name] = isSecret(name) ? null : value;
  if (scheme === 'WorkloadIdentityFederation') Object.assign(shown, federationParameters(endpoint, store));
  return withDetails
    ? shown
    : Object.fromEntries(Object.entries(shown).filter(([name]) => !detailNames.has(name.toLowerCase())));
}
