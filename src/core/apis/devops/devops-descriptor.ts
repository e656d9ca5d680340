import { basicCredentials, isPersonalAccessToken } from '../../auth/personal-access-token.ts';
import { tokenAudience } from '../../base/clouds.ts';
import type { ApiDescriptor, DescribedRequest } from '../../http/api-descriptor.ts';
import { classifyDevOpsError, isFinalDevOpsFailure } from './classify-devops-error.ts';
import { devopsCharges } from './devops-limits.ts';
import { readDevOpsAnswer } from './read-devops-answer.ts';

/** `endpointproxy` runs the service's test of a connection, `types` takes its filter as a body. */
const readOnlyPosts = /\/_apis\/serviceendpoint\/(?:endpointproxy|types)$/i;

/** How to find out whether a write whose answer was lost took effect. */
function howToCheck({ method, wirePath }: DescribedRequest): string {
  if (!/\/_apis\/serviceendpoint\//i.test(wirePath)) {
    return method === 'POST'
      ? 'List the objects of the project to see whether it was made before making it again.'
      : `Read it with GET ${wirePath} to see whether it took effect.`;
  }
  switch (method) {
    case 'POST':
      return 'Look for it with list_service_connections by its name before creating it again.';
    case 'DELETE':
      return 'Look with list_service_connections by its id whether it is still there.';
    default:
      return 'Look at its scheme and state with list_service_connections by its id before doing it again.';
  }
}

/** Azure DevOps Services as the pipeline sees it. https://learn.microsoft.com/rest/api/azure/devops */
export function createDevOpsDescriptor(): ApiDescriptor {
  return {
    name: 'devops',
    title: 'Azure DevOps',
    versioning: {
      place: 'query',
      parameter: 'api-version',
      default: '7.1',
      pattern: /^\d{1,2}\.\d(?:-preview(?:\.\d{1,2})?)?$/,
      hint: 'use a version such as 7.1 or 7.1-preview.1',
    },
    root: (cloud) => cloud.devops,
    audience: (cloud) => tokenAudience(cloud, 'devops'),
    identify: (callId, requestId) => ({ 'X-TFS-Session': callId, 'X-VSS-E2EID': requestId }),
    requestIdHeader: 'activityid',
    authorization: (token, connection) =>
      isPersonalAccessToken(token, connection) ? `Basic ${basicCredentials(token)}` : `Bearer ${token}`,
    // Without it, whoever is not signed in is sent to a page for people.
    defaultHeaders: { Accept: 'application/json', 'X-TFS-FedAuthRedirect': 'Suppress' },
    service: () => 'organization',
    charges: () => devopsCharges,
    pausesAfterAnswer: true,
    interpret: readDevOpsAnswer,
    isReadOnlyPost: ({ wirePath }) => readOnlyPosts.test(wirePath),
    isFinal: isFinalDevOpsFailure,
    classifyError: classifyDevOpsError,
    howToCheck,
  };
}
