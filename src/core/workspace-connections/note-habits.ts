import type { CallContext } from '../base/call-context.ts';
import { isGuid } from '../base/guid.ts';
import { didYouMean } from '../base/nearest.ts';
import { categories, habitsOf, laterCategories } from './categories.ts';
import type { CheckedCredentials } from './check-credentials.ts';
import type { CheckedProperties } from './check-properties.ts';
import type { ConnectionParent } from './workspace-connection.ts';

const soonMs = 7 * 24 * 3_600_000;

export interface NoteOptions {
  readonly parent: ConnectionParent['kind'];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Notes what is allowed but unusual. The service enforces none of it, so nothing here is an error. */
export function noteHabits(properties: CheckedProperties, { parent, now }: NoteOptions, call: CallContext): void {
  const { category, authType, others, credentials, dropped, unpublished } = properties;
  if (dropped.length > 0) {
    call.note(`Left out, since only the service writes it: ${dropped.map((name) => `properties.${name}`).join(', ')}.`);
  }
  if (unpublished.length > 0) {
    call.note(`Not in the published shapes, so sent as it is; the service decides: ${unpublished.join(', ')}.`);
  }
  noteCategory(category, parent, call);
  const habits = habitsOf(category);
  if (habits !== undefined && !habits.authTypes.includes(authType)) {
    call.note(`${category} is usually used with ${habits.authTypes.join(', ')}, not with ${authType}.`);
  }
  noteMetadata(category, others['metadata'], call);
  noteExpiry(others['expiryTime'], now, call);
  noteIdentifiers(credentials, call);
  noteTarget(others['target'], call);
}

function noteCategory(category: string, parent: ConnectionParent['kind'], call: CallContext): void {
  const known = parent === 'foundry' ? [...categories, ...laterCategories] : categories;
  if (known.includes(category)) return;
  if (laterCategories.includes(category)) {
    call.note(`The category ${category} came after api-version 2024-04-01; it was sent as it is.`);
    return;
  }
  call.note(
    `The category ${category} is not among the known ones; it was sent as it is, and the service decides. ${didYouMean(category, known)}`.trimEnd(),
  );
}

/** Notes a filter that may match nothing, since an empty list looks like an answer. */
export function noteFilter(category: string | undefined, call: CallContext): void {
  const known = [...categories, ...laterCategories];
  if (category === undefined || known.includes(category)) return;
  call.note(`The category ${category} is not among the known ones. ${didYouMean(category, known)}`.trimEnd());
}

function noteMetadata(category: string, metadata: unknown, call: CallContext): void {
  const wanted = habitsOf(category)?.metadata ?? [];
  const given = new Set(Object.keys(metadata ?? {}).map((name) => name.toLowerCase()));
  const missing = wanted.filter((name) => !given.has(name.toLowerCase()));
  if (missing.length > 0) {
    call.note(`A connection of ${category} usually has metadata that is missing here: ${missing.join(', ')}.`);
  }
}

function noteExpiry(expiryTime: unknown, now: number, call: CallContext): void {
  const at = typeof expiryTime === 'string' ? Date.parse(expiryTime) : Number.NaN;
  if (at <= now) {
    call.note('properties.expiryTime is in the past: the connection counts as expired from the start.');
  } else if (at - now < soonMs) {
    call.note('properties.expiryTime is less than seven days away.');
  }
}

/** The specification takes any text here; what Entra makes looks like this. */
function noteIdentifiers(credentials: CheckedCredentials | undefined, call: CallContext): void {
  const clientId = textOf(credentials, 'clientId');
  if (clientId !== undefined && !isGuid(clientId)) {
    call.note('properties.credentials.clientId is not a GUID, as client ids of Entra are.');
  }
  const resourceId = textOf(credentials, 'resourceId');
  if (resourceId !== undefined && !/^\/subscriptions\/.+\/userAssignedIdentities\/[^/]+$/i.test(resourceId)) {
    call.note('properties.credentials.resourceId is not the resource id of a user-assigned identity.');
  }
}

function textOf(credentials: CheckedCredentials | undefined, name: string): string | undefined {
  const member = credentials?.get(name);
  return member?.kind === 'text' ? member.value : undefined;
}

/** Everybody who may read the connection reads its target. */
function noteTarget(target: unknown, call: CallContext): void {
  const holdsSecret =
    /(?:^|[?&;\s])(?:password|pwd|accountkey|sharedaccesskey|sig)\s*=\s*[^&;\s]|:\/\/[^/@\s]+:[^/@\s]+@/i;
  if (typeof target === 'string' && holdsSecret.test(target)) {
    call.note(
      'properties.target seems to carry a secret, and every reader sees it: move it to properties.credentials.',
    );
  }
}
