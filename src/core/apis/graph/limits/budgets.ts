import type { BucketDefinition } from '../../../throttle/budget.ts';

const source = 'https://learn.microsoft.com/graph/throttling-limits';

function bucket(id: string, capacity: number, windowMs: number): BucketDefinition {
  return { id, kind: 'bucket', capacity, windowMs, source };
}

function window(id: string, capacity: number, windowMs: number): BucketDefinition {
  return { id, kind: 'window', capacity, windowMs, source };
}

/**
 * Published budgets of an app in one tenant. The directory's is that of tenants above 500 users; smaller tenants have
 * 3,500 or 5,000, which the service reports through `x-ms-throttle-limit-percentage` before it refuses anything.
 */
export const directoryUnits: BucketDefinition = { ...bucket('directory.units', 8_000, 10_000), inResourceUnits: true };

export const directoryWrites = bucket('directory.writes', 3_000, 150_000);

/** Applications for work or school accounts only. */
export const applicationWrites = bucket('directory.application-writes', 70_000, 300_000);

/** Applications that personal accounts may sign in to. */
export const personalApplicationWrites = window('directory.personal-application-writes', 60, 60_000);

export const deviceWrites = bucket('directory.device-writes', 3_000, 150_000);

export const auditRequests = window('audit.requests', 5, 10_000);

/** `signInActivity` of users, besides the directory's own budget. */
export const signInActivityRequests = window('audit.sign-in-activity', 10, 60_000);

/** Shared by all apps of the tenant; the service sends no Retry-After for it. */
export const identityProtectionRequests = window('identity-protection.requests', 1, 1_000);

export const mailboxConcurrency: BucketDefinition = {
  id: 'outlook.mailbox-concurrency',
  kind: 'concurrency',
  capacity: 4,
  windowMs: 0,
  source,
};

export const mailboxRequests = bucket('outlook.mailbox-requests', 10_000, 600_000);

export const teamsReads = bucket('teams.reads', 30, 1_000);
export const teamsWrites = bucket('teams.writes', 30, 1_000);
export const teamsDeletes = bucket('teams.deletes', 15, 1_000);

/** One per second for each team, chat or channel. */
export const teamsPerResource = window('teams.per-resource', 1, 1_000);

/** Of a tenant with up to 1,000 licences; larger ones have more. In SharePoint's own resource units. */
export const sharePointUnits: BucketDefinition = {
  ...bucket('sharepoint.units', 1_250, 60_000),
  source:
    'https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online',
};

export const oneNoteRequests = bucket('onenote.requests', 120, 60_000);

export const intuneRequests = bucket('intune.requests', 1_000, 20_000);
export const intuneWrites = bucket('intune.writes', 100, 20_000);
