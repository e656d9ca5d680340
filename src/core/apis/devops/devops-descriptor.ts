import { basicCredentials, isPersonalAccessToken } from '../../auth/token-claims.ts';
import { cloudServices, tokenAudience } from '../../base/clouds.ts';
import { parseExactJson } from '../../base/exact-json.ts';
import type { ApiDescriptor, DescribedRequest, ReadAnswer } from '../../http/api-descriptor.ts';
import { isOfService } from '../../http/network-problem.ts';
import { htmlTitle } from '../../http/parse-body.ts';
import { isPage } from '../../http/untrue-answer.ts';
import type { BucketDefinition, Charge } from '../../throttle/budget.ts';
import { classifyDevOpsError, isFinalDevOpsFailure } from './devops-errors.ts';

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
    title: cloudServices.devops.title,
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
    // Without it, a caller who is not signed in is sent to a page for people.
    defaultHeaders: { Accept: 'application/json', 'X-TFS-FedAuthRedirect': 'Suppress' },
    service: () => 'organization',
    charges: () => devopsCharges,
    pausesAfterAnswer: true,
    interpret: readDevOpsAnswer,
    wants: () => 'data',
    isReadOnlyPost: ({ wirePath }) => readOnlyPosts.test(wirePath),
    isFinal: isFinalDevOpsFailure,
    classifyError: classifyDevOpsError,
    howToCheck,
  };
}

/**
 * Throughput units of one identity: 200 in any five minutes. The cost of a request is not published, so nothing is reserved
 * for it; the answers tell what is left. The last twentieth stays unspent, because the service delays requests by up to
 * half a minute each before it refuses any.
 */
const throughputUnits: BucketDefinition = {
  id: 'devops.throughput-units',
  kind: 'bucket',
  capacity: 200,
  windowMs: 5 * 60_000,
  remainingHeader: 'x-ratelimit-remaining',
  reserve: 10,
  isRefusal: () => true,
  source: 'https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits',
};

const devopsCharges: readonly Charge[] = [{ bucket: throughputUnits, cost: 0 }];

/** Where an unknown caller is sent instead of being refused. */
const signInPath = /\/_signin(?:[/?#]|$)/i;

function isSignIn({ status, headers, body }: ReadAnswer): boolean {
  if (status === 203) return true;
  if (status >= 300) return status < 400 && signInPath.test(headers['location'] ?? '');
  const isJson = (headers['content-type'] ?? 'application/json').toLowerCase().includes('json');
  return body !== undefined && !isJson && !isForeignPage({ status, headers, body });
}

/** A page that neither its headers nor its title say to be the service's: that of a network, which knows no token either. */
function isForeignPage({ headers, body }: ReadAnswer): boolean {
  if (typeof body !== 'string' || !isPage(body) || isOfService(headers)) return false;
  return !/azure devops|visual studio/i.test(htmlTitle(body));
}

/** Some answers are JSON although their type says text. */
function parseText(text: string): unknown {
  try {
    return parseExactJson(text).value;
  } catch {
    return undefined;
  }
}

/**
 * An answer as the service means it. A caller who is not signed in gets a page with 203 or 200, or is redirected to one, so
 * a success that is not JSON counts as a 401.
 *
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/authentication-guidance
 */
function readDevOpsAnswer(answer: ReadAnswer): Pick<ReadAnswer, 'status' | 'body'> | undefined {
  const { status, body } = answer;
  const parsed = typeof body === 'string' && status !== 203 ? parseText(body) : undefined;
  if (parsed !== undefined) return { status, body: parsed };
  return isSignIn(answer)
    ? { status: 401, body: { message: `Azure DevOps answered ${status} with its sign-in page instead of JSON.` } }
    : undefined;
}
