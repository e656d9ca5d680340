import { isRecord } from '../../../base/guards.ts';
import { type HttpMethod, httpMethods } from '../../../http/api-client.ts';
import type { BucketDefinition, Charge } from '../../../throttle/budget.ts';
import { pathSegments } from '../advanced/directory-path.ts';
import {
  applicationWrites,
  auditRequests,
  deviceWrites,
  directoryUnits,
  directoryWrites,
  identityProtectionRequests,
  intuneRequests,
  intuneWrites,
  mailboxConcurrency,
  mailboxRequests,
  oneNoteRequests,
  personalApplicationWrites,
  sharePointUnits,
  signInActivityRequests,
  teamsDeletes,
  teamsPerResource,
  teamsReads,
  teamsWrites,
} from './budgets.ts';

/** What decides the price of a request. */
export interface PricedRequest {
  readonly method: HttpMethod;
  /** Below root and version, with or without query. */
  readonly path: string;
  /** Query options by decoded name. */
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly readOnly: boolean;
}

function writeBudget(segments: readonly string[], body: unknown): BucketDefinition {
  const [root] = segments;
  if (root === 'devices') return deviceWrites;
  if (root !== 'applications') return directoryWrites;
  const audience = isRecord(body) ? String(body['signInAudience'] ?? '') : '';
  return audience.includes('Personal') ? personalApplicationWrites : applicationWrites;
}

function directoryCharges(request: PricedRequest, segments: readonly string[]): Charge[] {
  const charges: Charge[] = [{ bucket: directoryUnits, cost: identityCost(request.method, segments, request.query) }];
  if (!request.readOnly) charges.push({ bucket: writeBudget(segments, request.body), cost: 1 });
  if (request.query['$select']?.toLowerCase().includes('signinactivity')) {
    charges.push({ bucket: signInActivityRequests, cost: 1 });
  }
  return charges;
}

function outlookCharges(segments: readonly string[]): Charge[] {
  const scope = mailboxOf(segments) ?? '';
  return [
    { bucket: mailboxConcurrency, cost: 1, scope },
    { bucket: mailboxRequests, cost: 1, scope },
  ];
}

function teamsCharges(request: PricedRequest, segments: readonly string[]): Charge[] {
  const { method } = request;
  const bucket = method === 'DELETE' ? teamsDeletes : request.readOnly ? teamsReads : teamsWrites;
  const [root = '', id] = segments;
  const single = id !== undefined && (root === 'teams' || root === 'chats');
  return [{ bucket, cost: 1 }, ...(single ? [{ bucket: teamsPerResource, cost: 1, scope: `${root}/${id}` }] : [])];
}

/** Permissions cost 5, lists and writes 2, single reads and downloads 1. */
function sharePointCost({ method, query }: PricedRequest, segments: readonly string[]): number {
  const last = segments.at(-1) ?? '';
  if (segments.includes('permissions') || query['$expand']?.includes('permissions')) return 5;
  const isList = /^(?:children|items|lists|drives|columns|sites|versions|delta|recent|sharedwithme)$/.test(last);
  return method === 'GET' && !isList && !last.startsWith('search') ? 1 : 2;
}

const simpleCharges: Readonly<Partial<Record<Workload, BucketDefinition>>> = {
  audit: auditRequests,
  'identity-protection': identityProtectionRequests,
  onenote: oneNoteRequests,
};

function chargesOfOne(request: PricedRequest): readonly Charge[] {
  const segments = pathSegments(request.path);
  const workload = workloadOf(segments);
  const simple = simpleCharges[workload];
  if (simple !== undefined) return [{ bucket: simple, cost: 1 }];
  switch (workload) {
    case 'directory':
      return directoryCharges(request, segments);
    case 'outlook':
      return outlookCharges(segments);
    case 'teams':
      return teamsCharges(request, segments);
    case 'sharepoint':
      return [{ bucket: sharePointUnits, cost: sharePointCost(request, segments) }];
    case 'intune':
      return [{ bucket: intuneRequests, cost: 1 }, ...(request.readOnly ? [] : [{ bucket: intuneWrites, cost: 1 }])];
    default:
      return [];
  }
}

/** Items of a `$batch` body; empty for any other body. */
export function batchItemsOf(body: unknown): readonly PricedRequest[] {
  const requests = isRecord(body) ? body['requests'] : undefined;
  if (!Array.isArray(requests)) return [];
  return requests.filter(isRecord).map((item) => {
    const url = String(item['url'] ?? '');
    const mark = url.indexOf('?');
    const query = mark < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark + 1)));
    const given = String(item['method'] ?? 'GET').toUpperCase();
    const method = httpMethods.find((name) => name === given) ?? 'GET';
    // A method that is not known here is no read.
    const readOnly = given === 'GET' || given === 'HEAD';
    return { method, path: url, query, body: item['body'], readOnly };
  });
}

/**
 * Items of a batch are metered one by one. Concurrency does not count: the service runs at most four items of a mailbox at
 * a time, and the batch executor puts no more than that into one envelope.
 * https://learn.microsoft.com/graph/throttling#throttling-and-batching
 */
function chargesOfBatch(items: readonly PricedRequest[]): readonly Charge[] {
  const sums = new Map<string, Charge>();
  for (const charge of items.flatMap(chargesOfOne)) {
    const { bucket, scope } = charge;
    if (bucket.kind === 'concurrency') continue;
    const key = `${bucket.id} ${scope ?? ''}`;
    const cost = Math.min(bucket.capacity, charge.cost + (sums.get(key)?.cost ?? 0));
    sums.set(key, { ...charge, cost });
  }
  return [...sums.values()];
}

/** What a request takes from which published budgets. */
export function chargesOf(request: PricedRequest): readonly Charge[] {
  return isBatchPath(request.path) ? chargesOfBatch(batchItemsOf(request.body)) : chargesOfOne(request);
}

export function isBatchPath(path: string): boolean {
  return /^\/?\$batch\/?$/i.test(path);
}

/** The part of the service that throttles a request; a batch belongs to the directory unless all items agree. */
export function serviceOf(path: string, body: unknown): Workload {
  if (!isBatchPath(path)) return workloadOf(pathSegments(path));
  const workloads = new Set(batchItemsOf(body).map((item) => workloadOf(pathSegments(item.path))));
  const [only] = workloads;
  return workloads.size === 1 && only !== undefined ? only : 'directory';
}

/** Resource units of one kind of request; `*` stands for any one segment, names are lower case. */
interface CostRow {
  readonly method: HttpMethod;
  readonly path: string;
  readonly units: number;
  /** With `$select` the request costs exactly this. */
  readonly unitsWithSelect?: number;
}

/** https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits. Everything else costs 1. */
const costs: readonly CostRow[] = [
  { method: 'GET', path: 'applications', units: 2 },
  { method: 'GET', path: 'applications/*/extensionproperties', units: 2 },
  { method: 'GET', path: 'contracts', units: 3 },
  { method: 'POST', path: 'directoryobjects/getbyids', units: 5, unitsWithSelect: 2 },
  { method: 'POST', path: 'getobjectsbyid', units: 5, unitsWithSelect: 2 },
  { method: 'GET', path: 'domains/*/domainnamereferences', units: 4 },
  { method: 'GET', path: 'groups/*/members', units: 3 },
  { method: 'GET', path: 'groups/*/transitivemembers', units: 5 },
  { method: 'POST', path: 'ismemberof', units: 4 },
  { method: 'POST', path: 'users/*/ismemberof', units: 4 },
  { method: 'POST', path: 'users/*/checkmembergroups', units: 4 },
  { method: 'POST', path: 'users/*/checkmemberobjects', units: 4 },
  { method: 'POST', path: 'users/*/getmembergroups', units: 2 },
  { method: 'POST', path: 'users/*/getmemberobjects', units: 2 },
  { method: 'GET', path: 'users/*/licensedetails', units: 2 },
  { method: 'GET', path: 'users/*/memberof', units: 2 },
  { method: 'GET', path: 'users/*/ownedobjects', units: 2 },
  { method: 'GET', path: 'users/*/transitivememberof', units: 2 },
  { method: 'GET', path: 'oauth2permissiongrants', units: 2 },
  { method: 'GET', path: 'oauth2permissiongrants/*', units: 2 },
  { method: 'GET', path: 'serviceprincipals/*/approleassignments', units: 2 },
  { method: 'GET', path: 'subscribedskus', units: 3 },
  { method: 'GET', path: 'users', units: 2 },
];

const rows = new Map(costs.map((row) => [`${row.method} ${row.path}`, row]));

/** `$top` below this makes a request cheaper. */
const smallPage = 20;

function findRow(method: HttpMethod, segments: readonly string[]): CostRow | undefined {
  const [root = '', id, ...rest] = segments[0] === 'me' ? ['users', '*', ...segments.slice(1)] : segments;
  const exact = rows.get(`${method} ${[root, ...(id === undefined ? [] : [id]), ...rest].join('/')}`);
  return exact ?? (id === undefined ? undefined : rows.get(`${method} ${[root, '*', ...rest].join('/')}`));
}

/** What a directory request costs, in resource units. `query` has decoded names. */
function identityCost(
  method: HttpMethod,
  segments: readonly string[],
  query: Readonly<Record<string, string>>,
): number {
  const row = findRow(method, segments);
  const selects = query['$select'] !== undefined;
  if (selects && row?.unitsWithSelect !== undefined) return row.unitsWithSelect;
  const top = Number(query['$top']);
  const adjusted =
    (row?.units ?? 1) -
    (selects ? 1 : 0) +
    (query['$expand'] === undefined ? 0 : 1) -
    (top > 0 && top < smallPage ? 1 : 0);
  return Math.max(1, adjusted);
}

/** Parts of Microsoft Graph that throttle on their own. https://learn.microsoft.com/graph/throttling-limits */
type Workload =
  | 'directory'
  | 'audit'
  | 'identity-protection'
  | 'outlook'
  | 'teams'
  | 'sharepoint'
  | 'onenote'
  | 'intune'
  | 'security'
  | 'other';

function workloadsByName(rows: readonly (readonly [Workload, string])[]): ReadonlyMap<string, Workload> {
  return new Map(rows.flatMap(([workload, names]) => names.split(' ').map((name) => [name, workload] as const)));
}

/** First segments, lower case, whose whole tree belongs to one workload. */
const byRoot = workloadsByName([
  ['audit', 'auditlogs'],
  ['identity-protection', 'identityprotection'],
  ['teams', 'chats communications teams teamwork'],
  ['sharepoint', 'drives shares sites'],
  ['intune', 'devicemanagement deviceappmanagement'],
  ['security', 'security'],
  [
    'directory',
    'administrativeunits applications contacts contracts devices directory directoryobjects directoryroles ' +
      'directoryroletemplates domains domaindnsrecords groupsettings groups invitations me oauth2permissiongrants ' +
      'organization policies rolemanagement serviceprincipals subscribedskus users',
  ],
]);

/** What stands below a user, a group or `/me` and is stored elsewhere. */
const belowPrincipal = workloadsByName([
  [
    'outlook',
    'calendar calendargroups calendars calendarview contactfolders contacts conversations events findmeetingtimes ' +
      'findrooms getmailtips inferenceclassification mailboxsettings mailfolders messages outlook sendmail threads ' +
      'translateexchangeids',
  ],
  ['teams', 'chats joinedteams team teamwork'],
  ['sharepoint', 'drive drives followedsites sites'],
  ['onenote', 'onenote'],
]);

/** Reports about sign-in methods share the budget of the audit logs. */
const auditReports = new Set([
  'authenticationmethods',
  'credentialuserregistrationdetails',
  'credentialuserregistrationcount',
  'usercredentialusagedetails',
]);

/** Segment below `/me`, `/users/{id}` or `/groups/{id}`; undefined elsewhere. */
function belowPrincipalSegment(segments: readonly string[]): string | undefined {
  const [root, second, third] = segments;
  return root === 'me' ? second : root === 'users' || root === 'groups' ? third : undefined;
}

/** The workload that serves a path, given its segments (see `pathSegments`). */
function workloadOf(segments: readonly string[]): Workload {
  const [root = '', second = ''] = segments;
  const below = belowPrincipalSegment(segments);
  const elsewhere = below === undefined ? undefined : belowPrincipal.get(below);
  if (elsewhere !== undefined) return elsewhere;
  if (root === 'identity') return second === 'conditionalaccess' ? 'identity-protection' : 'other';
  if (root === 'reports') return auditReports.has(second) ? 'audit' : 'other';
  return byRoot.get(root) ?? 'other';
}

/** Names the mailbox that an Outlook request works on; undefined for everything else. */
export function mailboxOf(segments: readonly string[]): string | undefined {
  if (workloadOf(segments) !== 'outlook') return undefined;
  const [root = '', id = ''] = segments;
  return root === 'me' ? 'me' : `${root}/${id}`;
}
