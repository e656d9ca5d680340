/** Parts of Microsoft Graph that throttle on their own. https://learn.microsoft.com/graph/throttling-limits */
export type Workload =
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

/** First segments, lower case, whose whole tree belongs to one workload. */
const byRoot: Readonly<Record<string, Workload>> = {
  auditlogs: 'audit',
  identityprotection: 'identity-protection',
  chats: 'teams',
  communications: 'teams',
  teams: 'teams',
  teamwork: 'teams',
  drives: 'sharepoint',
  shares: 'sharepoint',
  sites: 'sharepoint',
  devicemanagement: 'intune',
  deviceappmanagement: 'intune',
  security: 'security',
  administrativeunits: 'directory',
  applications: 'directory',
  contacts: 'directory',
  contracts: 'directory',
  devices: 'directory',
  directory: 'directory',
  directoryobjects: 'directory',
  directoryroles: 'directory',
  directoryroletemplates: 'directory',
  domains: 'directory',
  domaindnsrecords: 'directory',
  groupsettings: 'directory',
  groups: 'directory',
  invitations: 'directory',
  me: 'directory',
  oauth2permissiongrants: 'directory',
  organization: 'directory',
  policies: 'directory',
  rolemanagement: 'directory',
  serviceprincipals: 'directory',
  subscribedskus: 'directory',
  users: 'directory',
};

/** What hangs below a user, a group or `/me` and is kept elsewhere. */
const belowPrincipal: Readonly<Record<string, Workload>> = {
  calendar: 'outlook',
  calendargroups: 'outlook',
  calendars: 'outlook',
  calendarview: 'outlook',
  contactfolders: 'outlook',
  contacts: 'outlook',
  conversations: 'outlook',
  events: 'outlook',
  findmeetingtimes: 'outlook',
  findrooms: 'outlook',
  getmailtips: 'outlook',
  inferenceclassification: 'outlook',
  mailboxsettings: 'outlook',
  mailfolders: 'outlook',
  messages: 'outlook',
  outlook: 'outlook',
  sendmail: 'outlook',
  threads: 'outlook',
  translateexchangeids: 'outlook',
  chats: 'teams',
  joinedteams: 'teams',
  team: 'teams',
  teamwork: 'teams',
  drive: 'sharepoint',
  drives: 'sharepoint',
  followedsites: 'sharepoint',
  sites: 'sharepoint',
  onenote: 'onenote',
};

/** Reports about sign-in methods share the budget of the audit logs. */
const auditReports = new Set([
  'authenticationmethods',
  'credentialuserregistrationdetails',
  'credentialuserregistrationcount',
  'usercredentialusagedetails',
]);

/** Segment that hangs below `/me`, `/users/{id}` or `/groups/{id}`; undefined elsewhere. */
function belowPrincipalSegment(segments: readonly string[]): string | undefined {
  const [root, second, third] = segments;
  return root === 'me' ? second : root === 'users' || root === 'groups' ? third : undefined;
}

/** The workload that serves a path, given its segments (see `pathSegments`). */
export function workloadOf(segments: readonly string[]): Workload {
  const [root = '', second = ''] = segments;
  const below = belowPrincipalSegment(segments);
  const elsewhere = below === undefined ? undefined : belowPrincipal[below];
  if (elsewhere !== undefined) return elsewhere;
  if (root === 'identity') return second === 'conditionalaccess' ? 'identity-protection' : 'other';
  if (root === 'reports') return auditReports.has(second) ? 'audit' : 'other';
  return byRoot[root] ?? 'other';
}

/** Names the mailbox that an Outlook request works on; undefined for everything else. */
export function mailboxOf(segments: readonly string[]): string | undefined {
  if (workloadOf(segments) !== 'outlook') return undefined;
  const [root = '', id = ''] = segments;
  return root === 'me' ? 'me' : `${root}/${id}`;
}
