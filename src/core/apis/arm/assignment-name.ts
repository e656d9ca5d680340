import { createHash } from 'node:crypto';

/** Namespace of our assignment names: an arbitrary GUID that must never change. */
const namespace = 'b0d1f0a7-6c0e-4a53-9a4e-2f3f8a1d7c55';

/**
 * The name of a role assignment, a GUID that follows from what it assigns: sent again, it is the same assignment.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest
 */
export function assignmentName(of: {
  /** `/subscriptions/…`, or another scope. */
  readonly scope: string;
  readonly principalId: string;
  /** GUID of the role definition. */
  readonly role: string;
}): string {
  return uuidV5(namespace, [of.scope, of.principalId, of.role].join(' ').toLowerCase());
}

/** A GUID that is the same for the same name, wherever it is made. RFC 9562, section 5.5. */
function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
