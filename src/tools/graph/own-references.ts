import { isRecord } from '../../core/base/guards.ts';
import type { WriteRequest } from './batch-requests.ts';

/** What documentation writes in front of a reference, and what an absolute address begins with. */
const publicRoot = 'https://graph.microsoft.com/';
const absolute = /^[a-z][a-z0-9+.-]*:/i;

/**
 * References of a body (`@odata.id`, `…@odata.bind`) at the connection's own cloud: `/directoryObjects/{id}` gets its root and
 * v1.0, and one of the public cloud, as documentation has it, that of the connection. The service takes full addresses of
 * its own cloud only. Other addresses stay, for the service to refuse.
 * https://learn.microsoft.com/graph/api/group-post-members
 */
export function withOwnReferences(request: WriteRequest, root: string, note: (text: string) => void): WriteRequest {
  let isMoved = false;
  const read = (reference: unknown): unknown => {
    if (typeof reference !== 'string') return reference;
    if (!absolute.test(reference)) return root + withVersion(reference.replace(/^\/*/, '/'));
    if (!reference.startsWith(publicRoot) || root.startsWith(publicRoot.slice(0, -1))) return reference;
    isMoved = true;
    return `${root}/${reference.slice(publicRoot.length)}`;
  };
  const body = mapReferences(request.body, read);
  if (isMoved) note('References at graph.microsoft.com were read as references at the cloud of the connection.');
  return isRecord(body) ? { ...request, body } : request;
}

function withVersion(path: string): string {
  return /^\/(?:v1\.0|beta)\//.test(path) ? path : `/v1.0${path}`;
}

function mapReferences(value: unknown, read: (reference: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => mapReferences(one, read));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).map(([name, member]) => {
    if (!/@odata\.(?:id|bind)$/i.test(name)) return [name, mapReferences(member, read)];
    return [name, Array.isArray(member) ? member.map(read) : read(member)];
  });
  return Object.fromEntries(members);
}
