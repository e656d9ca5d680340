import { setImmediate } from 'node:timers/promises';
import { optionalText, type PlainObject } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { isLoopback } from '../../entra/loopback-fetch.ts';
import { authorize, checkLocks } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseProperties } from '../arm-call.ts';
import { type ArmError, badRequest, conflict, methodNotAllowed, notFound } from '../arm-error.ts';
import { groupScope, idKey, isSameId } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';
import { identityType, identityCredentialType as type } from '../identity-directory.ts';
import { pageOf } from '../paging.ts';
import { requireGroup } from '../requirements.ts';
import { stampsOf } from '../write-resource.ts';

const collection = `/subscriptions/{subscription}/resourceGroups/{group}/providers/${identityType}/{identity}/federatedIdentityCredentials`;
const path = `${collection}/{name}`;
const maximumCredentials = 20;

/**
 * Federated credentials of a user-assigned identity. Source: "Federated Identity Credentials" of
 * Microsoft.ManagedIdentity 2023-01-31; messages from "Important considerations and restrictions for federated identity
 * credentials".
 */
export const identityCredentialRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: collection, type, handle: guarded('read', list) },
  { method: 'GET', path, type, handle: guarded('read', read) },
  { method: 'PUT', path, type, handle: guarded('write', put) },
  { method: 'DELETE', path, type, handle: guarded('delete', remove) },
  { method: 'PATCH', path, type, handle: guarded('write', refuse) },
];

type Handler = (call: ArmCall, identity: ArmResource) => SandboxResponse | Promise<SandboxResponse>;

function guarded(verb: 'read' | 'write' | 'delete', handle: Handler): ArmRoute['handle'] {
  return (call) => {
    authorize(call, `${type}/${verb}`, identityIdOf(call));
    requireGroup(call, call.path);
    return handle(call, requireIdentity(call));
  };
}

function identityIdOf({ params }: ArmCall): string {
  const group = groupScope(params['subscription'] ?? '', params['group'] ?? '');
  return `${group}/providers/${identityType}/${params['identity']}`;
}

function requireIdentity(call: ArmCall): ArmResource {
  const identity = call.store.resource(identityIdOf(call));
  if (identity) return identity;
  throw notFound('ParentResourceNotFound', 'The parent user-assigned identity does not exist.');
}

function credentialsOf({ store }: ArmCall, { id }: ArmResource): readonly ArmResource[] {
  return [...store.resources(id)].filter((one) => isSameId(one.type, type));
}

function find(call: ArmCall, identity: ArmResource): ArmResource | undefined {
  return credentialsOf(call, identity).find(({ name }) => isSameId(name, call.params['name'] ?? ''));
}

function render({ id, name, properties }: ArmResource): PlainObject {
  return { id, name, type, properties };
}

function list(call: ArmCall, identity: ArmResource): SandboxResponse {
  return pageOf(call, credentialsOf(call, identity).map(render));
}

function read(call: ArmCall, identity: ArmResource): SandboxResponse {
  const credential = find(call, identity);
  if (credential) return { status: 200, body: render(credential) };
  throw notFound('NotFound', `The federated identity credential '${call.params['name']}' could not be found.`);
}

function refuse({ path: asked }: ArmCall): SandboxResponse {
  throw methodNotAllowed(`The resource '${asked}' does not support the method 'PATCH'.`);
}

function put(call: ArmCall, identity: ArmResource): Promise<SandboxResponse> {
  const name = call.params['name'] ?? '';
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/.test(name)) {
    throw invalid(`Federated Identity Credential name '${name}' is invalid.`);
  }
  const properties = checkedProperties(call);
  checkLocks(call, identity.id, 'write');
  return alone(call, identity, () => {
    const existing = find(call, identity);
    checkRoom(call, identity, properties, existing);
    const credential: ArmResource = {
      id: existing?.id ?? `${identity.id}/federatedIdentityCredentials/${name}`,
      name: existing?.name ?? name,
      type,
      properties,
      ...stampsOf(call, existing),
    };
    call.store.putResource(credential);
    return { status: existing ? 200 : 201, body: render(credential) };
  });
}

function checkedProperties(call: ArmCall): PlainObject {
  const { issuer, subject, audiences } = parseProperties(call);
  if (!optionalText(issuer) || !optionalText(subject) || audiences === undefined || audiences === null) {
    throw invalid('Federated Identity Credential from HTTP body has empty properties');
  }
  if (!Array.isArray(audiences) || audiences.length !== 1 || !optionalText(audiences[0])) {
    throw invalid('Federated identity credentials must have exactly 1 audience.');
  }
  const address = String(issuer);
  // Only the sandbox accepts plain HTTP, for an issuer on this machine.
  if (!/^https:\/\/[^/\s]+\S*$/.test(address) && !isLoopback(address)) {
    throw invalid(`Federated Identity Credential issuer '${address}' is invalid. It must be an HTTPS address.`);
  }
  return { issuer, subject, audiences };
}

function checkRoom(call: ArmCall, identity: ArmResource, wanted: PlainObject, existing: ArmResource | undefined): void {
  const others = credentialsOf(call, identity).filter((one) => one !== existing);
  const isTwin = ({ properties: { issuer, subject } }: ArmResource) =>
    issuer === wanted['issuer'] && subject === wanted['subject'];
  if (others.some(isTwin)) throw invalid('Issuer and subject combination already exists for this Managed Identity.');
  if (!existing && others.length >= maximumCredentials) {
    throw invalid(`A managed identity can have at most ${maximumCredentials} federated identity credentials.`);
  }
}

function remove(call: ArmCall, identity: ArmResource): Promise<SandboxResponse> {
  checkLocks(call, `${identity.id}/federatedIdentityCredentials/${call.params['name']}`, 'delete');
  return alone(call, identity, () => {
    const credential = find(call, identity);
    if (!credential) return { status: 204 };
    call.store.removeResource(credential.id);
    return { status: 200 };
  });
}

/** A write takes one turn of the event loop. Meanwhile, other writes to the same identity are refused. */
async function alone(call: ArmCall, { id }: ArmResource, write: () => SandboxResponse): Promise<SandboxResponse> {
  const key = idKey(id);
  if (call.writesUnderWay.has(key)) {
    throw conflict(
      'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity',
      `Too many Federated Identity Credentials are written concurrently for the managed identity '${id}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.`,
    );
  }
  call.writesUnderWay.add(key);
  try {
    await setImmediate();
    return write();
  } finally {
    call.writesUnderWay.delete(key);
  }
}

function invalid(message: string): ArmError {
  return badRequest('BadRequest', message);
}
