import type { CallContext } from '../../base/call-context.ts';
import { cloudServices, tokenAudience } from '../../base/clouds.ts';
import type { AppError } from '../../base/errors.ts';
import { isRecord, member, textOf } from '../../base/guards.ts';
import type { ApiClient, ApiResponse } from '../../http/api-client.ts';
import type { ApiDescriptor, DescribedRequest, FailedAnswer } from '../../http/api-descriptor.ts';
import { absoluteLink, linkIn, listIn } from '../../http/page.ts';
import type { PagingDialect } from '../../http/paginate.ts';
import { pathSegments } from './advanced/directory-path.ts';
import { findHeader } from './advanced/plan-query.ts';
import { directoryHints, mailHints } from './hints/directory.ts';
import { findReading, type HintRule } from './hints/hint-rule.ts';
import { queryHints } from './hints/query.ts';
import { permissionHints, throttlingHints } from './hints/refusals.ts';
import { deltaHints, statusHints } from './hints/statuses.ts';
import { batchItemsOf, chargesOf, isBatchPath, serviceOf } from './limits/charges.ts';
import { stripNoise } from './strip-noise.ts';

/** Microsoft Graph as the pipeline sees it. https://learn.microsoft.com/graph/use-the-api */
export function createGraphDescriptor(): ApiDescriptor {
  const rules: readonly HintRule[] = [
    ...throttlingHints,
    ...deltaHints,
    ...queryHints,
    ...mailHints,
    ...permissionHints,
    ...directoryHints,
    ...statusHints,
  ];
  return {
    name: 'graph',
    title: cloudServices.graph.title,
    versioning: { place: 'path', default: 'v1.0', pattern: /^(?:v1\.0|beta)$/, hint: 'use v1.0 or beta' },
    root: (cloud) => cloud.graph,
    // Each cloud's own root, unless its configuration says otherwise: https://learn.microsoft.com/graph/deployments
    audience: (cloud) => tokenAudience(cloud, 'graph'),
    service: (request) => serviceOf(request.wirePath, request.body),
    charges: (request) =>
      chargesOf({
        method: request.method,
        path: request.wirePath,
        query: request.query,
        body: request.body,
        readOnly: isReading(request),
      }),
    isReadOnlyPost,
    wants: isJsonWanted,
    isTransient,
    classifyError: (failure) =>
      findReading(rules, failure) ?? (failure.status === 400 ? { code: 'invalid_argument' } : {}),
    howToCheck,
    findApp,
    // Documented for v1.0 alone: https://learn.microsoft.com/graph/known-issues
    encodesSearchTwice: (apiVersion) => apiVersion === 'v1.0',
  };
}

/** Ends of the paths of files, photos, counts and texts: `$value`, `content`, `metadataContent`, `contentStream`. */
const ownForms = /(?:^\$(?:value|count|metadata)|content(?:stream)?)$/;

/** Whether a success is JSON: not for files and reports, nor where the caller asks for another form. */
function isJsonWanted({ method, wirePath, query, headers }: DescribedRequest): 'json' | undefined {
  const segments = pathSegments(wirePath);
  const accept = findHeader(headers, 'accept') ?? '*/*';
  const format = query['$format'] ?? query['format'] ?? 'json';
  const isOther =
    method === 'HEAD' ||
    segments[0] === 'reports' ||
    ownForms.test(segments.at(-1) ?? '') ||
    !/json|\*/i.test(accept) ||
    !/json/i.test(format);
  return isOther ? undefined : 'json';
}

function isReading(request: DescribedRequest): boolean {
  const { method } = request;
  return method === 'GET' || method === 'HEAD' || (method === 'POST' && (request.readOnly ?? isReadOnlyPost(request)));
}

/**
 * Refusals that mean "nothing was done, try again": two writers met, or the object is locked.
 * https://learn.microsoft.com/graph/errors
 */
function isTransient({ status, code }: FailedAnswer): boolean {
  return (
    (status === 409 && code === 'Directory_ConcurrencyViolation') || (status === 400 && code === 'RequestInProgress')
  );
}

/** Actions and functions that are called with POST and change nothing; last segment of the path, lower case. */
const readOnlyActions = new Set([
  'checkmembergroups',
  'checkmemberobjects',
  'findmeetingtimes',
  'getavailableextensionproperties',
  'getbyids',
  'getmailtips',
  'getmembergroups',
  'getmemberobjects',
  'getobjectsbyid',
  'getpresencesbyuserid',
  'getschedule',
  'getuserownedobjects',
  'ismemberof',
  'runhuntingquery',
  'translateexchangeids',
  'validateproperties',
]);

/** A POST that changes nothing: one of the reading actions, a search, or a batch of nothing but reads. */
export function isReadOnlyPost({ wirePath, body }: Pick<DescribedRequest, 'wirePath' | 'body'>): boolean {
  if (isBatchPath(wirePath)) {
    const items = batchItemsOf(body);
    return items.length > 0 && items.every((item) => item.readOnly || isReadOnlyAction(item.path));
  }
  return isReadOnlyAction(wirePath);
}

function isReadOnlyAction(path: string): boolean {
  const segments = pathSegments(path);
  const last = (segments.at(-1) ?? '').replace(/^microsoft\.graph\./, '');
  return readOnlyActions.has(last) || (last === 'query' && segments.at(-2) === 'search');
}

/** How to find out whether a write whose answer was lost took effect: one sentence. */
function howToCheck({ method, wirePath, body }: DescribedRequest): string | undefined {
  const segments = pathSegments(wirePath);
  const [collection = ''] = segments;
  const last = segments.at(-1) ?? '';
  if (last === 'sendmail' || last === 'send') return 'Look into the Sent Items folder before sending it again.';
  if (last === 'addpassword') {
    return 'Read passwordCredentials of the application and remove a secret whose text you do not have before adding one.';
  }
  if (last === 'assignlicense') return 'Read assignedLicenses of the object before doing it again.';
  if (last === '$ref') return `Read the list /${segments.slice(0, -1).join('/')} before doing it again.`;
  return method === 'POST' && segments.length === 1 ? lookUp(collection, body) : undefined;
}

/** Natural keys by collection, to find an object whose id never arrived. */
const naturalKeys: Readonly<Record<string, readonly string[]>> = {
  users: ['userPrincipalName'],
  groups: ['uniqueName', 'mailNickname', 'displayName'],
  devices: ['deviceId'],
  applications: ['uniqueName', 'displayName'],
  serviceprincipals: ['appId'],
  invitations: ['invitedUserEmailAddress'],
};

function lookUp(collection: string, body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  const key = naturalKeys[collection]?.find((name) => textOf(body[name]) !== '');
  if (key === undefined) return undefined;
  const value = textOf(body[key]).replaceAll("'", "''");
  if (collection === 'invitations') {
    return `Look for the guest with GET /users?$filter=mail eq '${value}' before inviting again.`;
  }
  const path = collection === 'serviceprincipals' ? 'servicePrincipals' : collection;
  return `Look for it with GET /${path}?$filter=${key} eq '${value}' before doing it again.`;
}

/** The app behind an app registration or a service principal, whose passwords it signs in with. */
async function findApp(resource: string, client: ApiClient, call: CallContext): Promise<string | undefined> {
  const [, set, id = ''] = /^\/(applications|servicePrincipals)\/([^/]+)$/i.exec(resource) ?? [];
  if (set === undefined) return undefined;
  const byApp = /^\(appId='([0-9a-f-]{36})'\)$/i.exec(id)?.[1];
  if (byApp !== undefined) return byApp;
  const path = id.startsWith('(') ? `/${set}${encodeURIComponent(id)}` : `/${set}/${encodeURIComponent(id)}`;
  const { body } = await client.send({ method: 'GET', path, params: { $select: 'appId' } }, call);
  return textOf(member(body, 'appId')) || undefined;
}

/** Where an answer names its next page. */
export const nextLinkName = '@odata.nextLink';

/** A link of an answer, made absolute. */
function linkOf(response: ApiResponse, name: string): string | undefined {
  const link = linkIn(response, name);
  return typeof link === 'string' && link !== '' ? absoluteLink(link, response.url) : undefined;
}

/** https://learn.microsoft.com/graph/paging */
export const graphPaging: PagingDialect = {
  read(response) {
    const count = member(response.body, '@odata.count');
    const deltaLink = linkOf(response, '@odata.deltaLink');
    return {
      items: listIn(response.body),
      nextLink: linkOf(response, nextLinkName),
      ...(deltaLink === undefined ? {} : { deltaLink }),
      ...(typeof count === 'number' ? { count } : {}),
    };
  },
  clean: stripNoise,
  isExpiredLink,
};

/** A link that is too old, or that no longer fits the consistency of its list. */
function isExpiredLink(error: AppError): boolean {
  const code = error.upstream?.code;
  return (
    code === 'Directory_ExpiredPageToken' || (code === 'Request_UnsupportedQuery' && /page token/i.test(error.message))
  );
}
