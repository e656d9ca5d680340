import { optionalText, type PlainObject } from '../../base/plain-object.ts';
import { type ArmCall, type ArmRoute, parseProperties } from '../arm-call.ts';
import { badRequest, notFound } from '../arm-error.ts';
import { isWithin } from '../arm-ids.ts';
import { type LockRecord, lockKey } from '../arm-store.ts';
import { pageOf } from '../paging.ts';

const type = 'Microsoft.Authorization/locks';
const list = '{scope}/providers/Microsoft.Authorization/locks';
const path = `${list}/{name}`;

export const lockRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: list, type, action: `${type}/read`, handle: listLocks },
  { method: 'GET', path, type, action: `${type}/read`, handle: readLock },
  { method: 'PUT', path, type, action: `${type}/write`, handle: putLock },
  { method: 'DELETE', path, type, action: `${type}/delete`, handle: deleteLock },
];

function keyOf({ params }: ArmCall): string {
  return lockKey({ scope: params['scope'] ?? '', name: params['name'] ?? '' });
}

function render({ scope, name, level, notes }: LockRecord): PlainObject {
  const id = `${scope}/providers/${type}/${name}`;
  return { properties: { level, ...(notes === undefined ? {} : { notes }) }, id, type, name };
}

/** Locks at, above, and below the scope. */
function listLocks(call: ArmCall) {
  const scope = call.params['scope'] ?? '';
  const found = [...call.store.locks.values()].filter(
    (lock) => isWithin(lock.scope, scope) || isWithin(scope, lock.scope),
  );
  return pageOf(call, found.map(render));
}

function readLock(call: ArmCall) {
  const lock = call.store.locks.get(keyOf(call));
  if (lock) return { status: 200, body: render(lock) };
  throw notFound('LockNotFound', `The lock '${call.params['name']}' could not be found.`);
}

function putLock(call: ArmCall) {
  const values = parseProperties(call);
  const level = (['CanNotDelete', 'ReadOnly'] as const).find((one) => one === values['level']);
  if (!level) {
    throw badRequest('InvalidLockLevel', "The lock level is not valid. It must be 'CanNotDelete' or 'ReadOnly'.");
  }
  const notes = optionalText(values['notes']);
  const lock: LockRecord = {
    scope: call.params['scope'] ?? '',
    name: call.params['name'] ?? '',
    level,
    ...(notes === undefined ? {} : { notes }),
  };
  const status = call.store.locks.has(keyOf(call)) ? 200 : 201;
  call.store.locks.set(keyOf(call), lock);
  return { status, body: render(lock) };
}

function deleteLock(call: ArmCall) {
  return { status: call.store.locks.delete(keyOf(call)) ? 200 : 204 };
}
