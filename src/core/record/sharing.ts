import { z } from 'zod';
import { type Caller, localCaller } from '../base/caller.ts';
import { guidPattern } from '../base/guid.ts';
import { type ConnectionRecord, mostGrants } from './connection.ts';

/** What a grant gives: `read` as if the connection were read-only, `write` what its own access allows. */
export const sharedAccesses = ['read', 'write'] as const;
export type SharedAccess = (typeof sharedAccesses)[number];

/** An object id, which counts in the directory of the owner, or `<tenant id>/<object id>`. */
const subject = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z
      .string()
      .refine(
        (text) => text.split('/').length <= 2 && text.split('/').every((part) => guidPattern.test(part)),
        'use an object id (a GUID), or <tenant id>/<object id>',
      ),
  );

/** A grant as people write it: exactly one of `everyone`, `group` and `user`. */
export const grantSchema = z
  .strictObject({
    everyone: z.literal(true).exactOptional(),
    group: subject.exactOptional(),
    user: subject.exactOptional(),
    access: z.enum(sharedAccesses),
  })
  .refine(
    ({ access: _access, ...with_ }) => Object.keys(with_).length === 1,
    'name exactly one of everyone: true, group and user',
  )
  .readonly();
/** Lets others use a connection: everyone who signs in, the members of a group, or one person or app. */
export type Grant = z.infer<typeof grantSchema>;

export const grantsSchema = z.array(grantSchema).max(mostGrants);

/** What somebody may do with a connection: only its owner changes, completes, converts, deletes or shares it. */
export type CallerAccess = SharedAccess | 'owner';

type Owned = Pick<ConnectionRecord, 'owner' | 'shared_with'>;

/**
 * What a caller may do with a connection; undefined where they must not learn that it exists. Declared connections, and
 * what is made at the command line, belong to the local caller.
 */
export function accessOf(record: Owned, caller: Caller): CallerAccess | undefined {
  if (record.owner === caller.id) return 'owner';
  // Who has not signed in is nobody that a grant could name.
  if (caller.id === localCaller.id) return undefined;
  const given = (record.shared_with ?? []).filter((grant) => isFor(grant, record.owner, caller));
  if (given.length === 0) return undefined;
  return given.some(({ access }) => access === 'write') ? 'write' : 'read';
}

/** The connection as a caller may use it; undefined where they must not learn that it exists. */
export function seenBy<Record extends Owned & Pick<ConnectionRecord, 'access'>>(
  record: Record,
  caller: Caller,
): Record | undefined {
  const access = accessOf(record, caller);
  if (access === undefined) return undefined;
  return access === 'read' ? { ...record, access: 'read_only' } : record;
}

/** Whether a connection belongs to somebody who signed in, and not to the person who runs Tenantry. */
export function isOfSignedIn({ owner }: Pick<ConnectionRecord, 'owner'>): boolean {
  return owner !== localCaller.id;
}

function isFor(grant: Grant, owner: string, caller: Caller): boolean {
  // A grant that says more than this version understands may be narrower than it looks.
  if (Object.keys(grant).length !== 2) return false;
  if (grant.everyone === true) return true;
  const [tenant, object] = partsOf(caller.id);
  if (grant.user !== undefined) return object !== undefined && isSame(grant.user, object, { tenant, owner });
  const { group: given } = grant;
  if (given === undefined) return false;
  return [...caller.groups].some((group) => isSame(given, group, { tenant, owner }));
}

/** An id without a tenant counts in the directory of the owner, or in any where the owner has none. */
function isSame(given: string, object: string, { tenant, owner }: { tenant: string | undefined; owner: string }) {
  const [first, second] = partsOf(given);
  const [ownTenant] = partsOf(owner);
  const wanted = second === undefined ? [ownTenant, given] : [first, second];
  return wanted[1] === object && (wanted[0] === undefined || wanted[0] === tenant);
}

/** Tenant and object of `<tenant id>/<object id>`; nothing for any other text. */
function partsOf(id: string): readonly [tenant: string, object: string] | readonly [undefined, undefined] {
  const [tenant, object, ...others] = id.split('/');
  return tenant === undefined || object === undefined || others.length > 0 ? [undefined, undefined] : [tenant, object];
}

/** Whom a grant is for. */
export type GrantSubject = Omit<Grant, 'access'>;

/** Whether two grants are for the same people. */
export function isSameSubject(one: GrantSubject, other: GrantSubject): boolean {
  return one.everyone === other.everyone && one.group === other.group && one.user === other.user;
}

/** A grant, or whom it is for, in the words of the command line. */
export function shownGrant({ everyone, group, user, access }: Readonly<Record<string, unknown>>): string {
  const whom = everyone === true ? 'everyone' : group === undefined ? `user:${user ?? ''}` : `group:${group}`;
  return access === undefined ? whom : `${whom} (${access})`;
}
