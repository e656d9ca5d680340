import type { BucketDefinition } from '../../../throttle/bucket.ts';

const source = 'https://learn.microsoft.com/graph/throttling-limits';

/**
 * Published budgets of an app in one tenant. The directory's is that of tenants above 500 users; smaller tenants have
 * 3,500 or 5,000, which the service tells through `x-ms-throttle-limit-percentage` before it refuses anything.
 */
export const directoryUnits: BucketDefinition = {
  id: 'directory.units',
  kind: 'bucket',
  capacity: 8_000,
  windowMs: 10_000,
  inResourceUnits: true,
  source,
};

export const directoryWrites: BucketDefinition = {
  id: 'directory.writes',
  kind: 'bucket',
  capacity: 3_000,
  windowMs: 150_000,
  source,
};

/** Applications for work or school accounts only. */
export const applicationWrites: BucketDefinition = {
  id: 'directory.application-writes',
  kind: 'bucket',
  capacity: 70_000,
  windowMs: 300_000,
  source,
};

/** Applications that personal accounts may sign in to. */
export const personalApplicationWrites: BucketDefinition = {
  id: 'directory.personal-application-writes',
  kind: 'window',
  capacity: 60,
  windowMs: 60_000,
  source,
};

export const deviceWrites: BucketDefinition = {
  id: 'directory.device-writes',
  kind: 'bucket',
  capacity: 3_000,
  windowMs: 150_000,
  source,
};

export const auditRequests: BucketDefinition = {
  id: 'audit.requests',
  kind: 'window',
  capacity: 5,
  windowMs: 10_000,
  source,
};

/** `signInActivity` of users, besides the directory's own budget. */
export const signInActivityRequests: BucketDefinition = {
  id: 'audit.sign-in-activity',
  kind: 'window',
  capacity: 10,
  windowMs: 60_000,
  source,
};

/** Shared by all apps of the tenant; the service sends no Retry-After for it. */
export const identityProtectionRequests: BucketDefinition = {
  id: 'identity-protection.requests',
  kind: 'window',
  capacity: 1,
  windowMs: 1_000,
  source,
};

export const mailboxConcurrency: BucketDefinition = {
  id: 'outlook.mailbox-concurrency',
  kind: 'concurrency',
  capacity: 4,
  windowMs: 0,
  source,
};

export const mailboxRequests: BucketDefinition = {
  id: 'outlook.mailbox-requests',
  kind: 'bucket',
  capacity: 10_000,
  windowMs: 600_000,
  source,
};

export const teamsReads: BucketDefinition = {
  id: 'teams.reads',
  kind: 'bucket',
  capacity: 30,
  windowMs: 1_000,
  source,
};

export const teamsWrites: BucketDefinition = {
  id: 'teams.writes',
  kind: 'bucket',
  capacity: 30,
  windowMs: 1_000,
  source,
};

export const teamsDeletes: BucketDefinition = {
  id: 'teams.deletes',
  kind: 'bucket',
  capacity: 15,
  windowMs: 1_000,
  source,
};

/** One per second for each team, chat or channel. */
export const teamsPerResource: BucketDefinition = {
  id: 'teams.per-resource',
  kind: 'window',
  capacity: 1,
  windowMs: 1_000,
  source,
};

/** Of a tenant with up to 1,000 licences; larger ones have more. In SharePoint's own resource units. */
export const sharePointUnits: BucketDefinition = {
  id: 'sharepoint.units',
  kind: 'bucket',
  capacity: 1_250,
  windowMs: 60_000,
  source:
    'https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online',
};

export const oneNoteRequests: BucketDefinition = {
  id: 'onenote.requests',
  kind: 'bucket',
  capacity: 120,
  windowMs: 60_000,
  source,
};

export const intuneRequests: BucketDefinition = {
  id: 'intune.requests',
  kind: 'bucket',
  capacity: 1_000,
  windowMs: 20_000,
  source,
};

export const intuneWrites: BucketDefinition = {
  id: 'intune.writes',
  kind: 'bucket',
  capacity: 100,
  windowMs: 20_000,
  source,
};
