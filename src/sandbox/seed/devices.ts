import type { Entity } from '../base/entity-store.ts';
import { newDevice } from '../graph/writes/new-objects.ts';
import { mix } from './hash.ts';
import type { SeedCollection, SeedRelation, SeedScope } from './seed.ts';
import { timestamp } from './timestamp.ts';
import { userNames } from './user-traits.ts';

/** Three in five users have a device. */
export function deviceCount(users: number): number {
  return Math.floor(users / 5) * 3 + Math.min(users % 5, 3);
}

function ownerIndexOf(device: number): number {
  return Math.floor(device / 3) * 5 + (device % 3);
}

function deviceIndexOf(user: number): number | undefined {
  return user % 5 < 3 ? Math.floor(user / 5) * 3 + (user % 5) : undefined;
}

const models = [
  {
    operatingSystem: 'Windows',
    operatingSystemVersion: '10.0.26100.4652',
    manufacturer: 'Dell Inc.',
    model: 'Latitude 7450',
    prefix: 'LT',
  },
  { operatingSystem: 'iOS', operatingSystemVersion: '18.5', manufacturer: 'Apple', model: 'iPhone 16', prefix: 'PH' },
  {
    operatingSystem: 'Windows',
    operatingSystemVersion: '10.0.22631.5335',
    manufacturer: 'LENOVO',
    model: 'ThinkPad T14',
    prefix: 'LT',
  },
  {
    operatingSystem: 'MacMDM',
    operatingSystemVersion: '15.5',
    manufacturer: 'Apple',
    model: 'MacBook Pro',
    prefix: 'MB',
  },
] as const;

export function deviceCollection(scope: SeedScope): SeedCollection {
  const { users, ids } = scope;
  const size = deviceCount(users);
  return {
    size,
    at: (index) => deviceOf(index, scope),
    positionOf: (id) => ids.indexOf('device', id, size),
    positionOfKey: (property, value) =>
      property === 'deviceId' ? ids.indexOf('deviceId', value.toLowerCase(), size) : undefined,
  };
}

function deviceOf(index: number, { seed, ids, now, daysPassed }: SeedScope): Entity {
  const roll = mix(seed, 104_729, index);
  const { prefix, ...hardware } =
    models[index % 2 === 0 ? (index % 4 === 0 ? 0 : 2) : roll % 2 === 0 ? 1 : 3] ?? models[0];
  const windows = hardware.operatingSystem === 'Windows';
  const registered = timestamp(Date.UTC(2022, 0, 3, 7) + (index % 1200) * 86_400_000);
  const surname = userNames(ownerIndexOf(index)).surname.replace(/[^\p{L}]/gu, '');
  return newDevice({
    id: ids.idOf('device', index),
    deviceId: ids.idOf('deviceId', index),
    displayName: `${prefix}-${surname.toUpperCase()}-${String(index).padStart(4, '0')}`,
    accountEnabled: index % 40 !== 13,
    ...hardware,
    deviceOwnership: index % 6 === 5 ? 'Personal' : 'Company',
    isCompliant: index % 11 !== 4,
    isManaged: index % 6 !== 5,
    isRooted: windows ? null : false,
    managementType: 'MDM',
    mdmAppId: '0000000a-0000-0000-c000-000000000000',
    trustType: windows ? 'AzureAd' : 'Workplace',
    deviceVersion: 2,
    registrationDateTime: registered,
    createdDateTime: registered,
    approximateLastSignInDateTime: timestamp(lastSeen(roll % 90, now, daysPassed()) - (index % 20) * 3_600_000),
    physicalIds: [`[USER-GID]:${ids.idOf('deviceId', index)}:${6_755_400_000 + index}`],
    alternativeSecurityIds: [
      { type: 2, identityProvider: null, key: Buffer.from(`X509:<SHA1-TP-PUBKEY>${index}`).toString('base64') },
    ],
  });
}

const dayMs = 86_400_000;
const inUseDays = 30;

/** A device that was idle for less than a month is in use: its last sign-in moves on with the clock. Others stay idle. */
function lastSeen(idleDays: number, startedAt: number, passedMs: number): number {
  return startedAt - idleDays * dayMs + (idleDays < inUseDays ? passedMs : 0);
}

/** The owner is also the registered user, so both relations are this one. */
export function deviceOwners({ users, ids }: SeedScope): SeedRelation {
  const size = deviceCount(users);
  return {
    links(id) {
      const index = ids.indexOf('device', id, size);
      return index === undefined ? [] : [ids.idOf('user', ownerIndexOf(index))];
    },
    backlinks(id) {
      const user = ids.indexOf('user', id, users);
      const device = user === undefined ? undefined : deviceIndexOf(user);
      return device === undefined ? [] : [ids.idOf('device', device)];
    },
  };
}
