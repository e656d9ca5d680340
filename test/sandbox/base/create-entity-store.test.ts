import { expect, test } from 'vitest';
import { createEntityStore } from '../../../src/sandbox/base/create-entity-store.ts';
import { createSeed } from '../../../src/sandbox/seed/create-seed.ts';

const now = Date.parse('2026-01-15T10:00:00Z');
const clock = { now: () => now };
const storeOf = (users?: number) =>
  createEntityStore({ seed: createSeed({ now, ...(users ? { users } : {}) }), clock });
const idsOf = (store: ReturnType<typeof storeOf>, type: 'user' | 'group' | 'device') =>
  [...store.scan(type)].map(({ entity }) => entity.id);

test('any object of 200,000 is found by id and by key without making the others', () => {
  const store = storeOf(200_000);
  const [last] = store.scan('user', 199_999);
  const user = last?.entity;
  expect(user && store.get('user', user.id)).toEqual(user);
  expect(store.findByKey('user', 'userPrincipalName', String(user?.['userPrincipalName']).toUpperCase())?.id).toBe(
    user?.id,
  );
  expect(user && store.typeOf(user.id)).toBe('user');
  expect(store.count('user')).toBe(200_000);
  const [device] = store.scan('device', store.count('device') - 1);
  expect(store.findByKey('device', 'deviceId', String(device?.entity['deviceId']))?.id).toBe(device?.entity.id);
});

test('no two of 30,000 users share an id or a user principal name', () => {
  const store = storeOf(30_000);
  const users = [...store.scan('user')].map(({ entity }) => entity);
  expect(new Set(users.map(({ id }) => id)).size).toBe(30_000);
  expect(new Set(users.map((user) => user['userPrincipalName'])).size).toBe(30_000);
});

test('the same seed makes the same tenant, another seed makes other ids', () => {
  const first = [...storeOf().scan('user')][17]?.entity;
  expect([...storeOf().scan('user')][17]?.entity).toEqual(first);
  const other = createEntityStore({ seed: createSeed({ now, seed: 2 }), clock });
  expect([...other.scan('user')][17]?.entity.id).not.toBe(first?.id);
});

test('GUIDs are found in any case and unknown ones are not', () => {
  const store = storeOf();
  const [id = ''] = idsOf(store, 'user');
  expect(store.get('user', id.toUpperCase())?.id).toBe(id);
  expect(store.get('user', '00000000-0000-4000-8000-000000000000')).toBeUndefined();
  expect(store.get('group', id)).toBeUndefined();
  expect(store.typeOf('00000000-0000-4000-8000-000000000000')).toBeUndefined();
});

test('a changed key is found under its new value only', () => {
  const store = storeOf();
  const [found] = store.scan('user', 20);
  const id = found?.entity.id ?? '';
  const before = String(found?.entity['userPrincipalName']);
  store.update('user', id, { userPrincipalName: 'renamed@contoso.example' });
  expect(store.findByKey('user', 'userPrincipalName', before)).toBeUndefined();
  expect(store.findByKey('user', 'userPrincipalName', 'Renamed@contoso.example')?.id).toBe(id);
});

test('new objects come after the seeded ones and removed positions are skipped', () => {
  const store = storeOf();
  const ids = idsOf(store, 'group');
  store.insert('group', { id: '11111111-1111-4111-8111-111111111111', displayName: 'New' });
  store.purge('group', ids[3] ?? '');
  expect(idsOf(store, 'group')).toEqual([...ids.slice(0, 3), ...ids.slice(4), '11111111-1111-4111-8111-111111111111']);
  expect(store.count('group')).toBe(ids.length);
  expect([...store.scan('group', ids.length)].map(({ position }) => position)).toEqual([ids.length]);
});

test('a deleted person leaves lists and groups, and is back in both after a restore', () => {
  const store = storeOf();
  const [id = ''] = idsOf(store, 'user');
  const groups = store.backlinks('group.members', id);
  const [group = ''] = groups;
  const members = store.links('group.members', group);
  store.softDelete('user', id);
  expect(store.get('user', id)).toBeUndefined();
  expect(idsOf(store, 'user')).not.toContain(id);
  expect(store.links('group.members', group)).not.toContain(id);
  expect(store.deletedItems('user').map(({ entity }) => entity.id)).toContain(id);
  store.restore(id);
  expect(store.links('group.members', group)).toEqual(members);
  expect(store.backlinks('group.members', id)).toEqual(groups);
  expect(idsOf(store, 'user')[0]).toBe(id);
});

test('links are added once, seen from both ends, and removed once', () => {
  const store = storeOf();
  const [group = ''] = idsOf(store, 'group').slice(20);
  const [user = ''] = idsOf(store, 'user').slice(-1);
  const before = store.links('group.members', group);
  const linkedAt = store.sequence;
  store.link('group.members', group, user);
  store.link('group.members', group, user);
  expect(store.links('group.members', group)).toEqual([...before, user]);
  expect(store.backlinks('group.members', user)).toContain(group);
  expect(store.changes('group', linkedAt)).toMatchObject([
    { kind: 'linked', id: group, target: user, properties: ['members'] },
  ]);
  expect(store.unlink('group.members', group, user)).toBe(true);
  expect(store.unlink('group.members', group, user)).toBe(false);
  expect(store.links('group.members', group)).toEqual(before);
});

test('a seeded link can be removed and put back', () => {
  const store = storeOf();
  const [device = ''] = idsOf(store, 'device');
  const [owner = ''] = store.links('device.registeredOwners', device);
  expect(store.unlink('device.registeredOwners', device, owner)).toBe(true);
  expect(store.links('device.registeredOwners', device)).toEqual([]);
  expect(store.backlinks('device.registeredOwners', owner)).toEqual([]);
  store.link('device.registeredOwners', device, owner);
  expect(store.backlinks('device.registeredOwners', owner)).toEqual([device]);
});

test('changes are kept in order for each type', () => {
  const store = storeOf();
  const [first = '', second = ''] = idsOf(store, 'user');
  store.update('user', first, { jobTitle: 'Pilot' });
  const mark = store.sequence;
  store.softDelete('user', second);
  store.purge('user', second);
  expect(store.changes('user', 0).map(({ kind }) => kind)).toEqual(['updated', 'softDeleted', 'deleted']);
  expect(store.changes('user', mark).map(({ kind, id }) => [kind, id])).toEqual([
    ['softDeleted', second],
    ['deleted', second],
  ]);
  expect(store.changes('group', 0)).toEqual([]);
});

test('reset brings the seed back', () => {
  const store = storeOf();
  const ids = idsOf(store, 'user');
  store.softDelete('user', ids[0] ?? '');
  store.insert('user', { id: '11111111-1111-4111-8111-111111111111' });
  store.reset();
  expect(idsOf(store, 'user')).toEqual(ids);
  expect(store.sequence).toBe(0);
  expect(store.deletedItems()).toHaveLength(5);
});
