import type { Entity } from '../base/entity-store.ts';
import { mix } from './hash.ts';
import type { SeedCollection, SeedScope } from './seed.ts';
import { tenant } from './tenant.ts';
import { timestamp } from './timestamp.ts';
import { userNames, userTraits } from './user-traits.ts';

const minuteMs = 60_000;

/** Sign-ins of the past week, newest first. */
export function signInCollection(scope: SeedScope): SeedCollection {
  return auditCollection('signIn', 1200, (position) => signInOf(position, scope), scope);
}

/** Directory changes of recent weeks, newest first. */
export function directoryAuditCollection(scope: SeedScope): SeedCollection {
  return auditCollection('directoryAudit', 300, (position) => directoryAuditOf(position, scope), scope);
}

function auditCollection(
  type: 'signIn' | 'directoryAudit',
  size: number,
  at: (position: number) => Entity,
  { ids }: SeedScope,
): SeedCollection {
  return { size, at, positionOf: (id) => ids.indexOf(type, id, size), positionOfKey: () => undefined };
}

function signInOf(position: number, { users, seed, ids, now }: SeedScope): Entity {
  const roll = mix(seed, 7, position);
  const user = roll % users;
  const { userPrincipalName, givenName, surname } = userNames(user);
  const { office } = userTraits(user, seed);
  const failed = roll % 13 === 0;
  return {
    id: ids.idOf('signIn', position),
    createdDateTime: timestamp(now - position * 8 * minuteMs - (roll % 400) * 1000),
    userDisplayName: `${givenName} ${surname}`,
    userPrincipalName: userPrincipalName.toLowerCase(),
    userId: ids.idOf('user', user),
    appId: roll % 2 === 0 ? '00000002-0000-0ff1-ce00-000000000000' : '1fec8e78-bce4-4aaf-ab1b-5451cc387264',
    appDisplayName: roll % 2 === 0 ? 'Office 365 Exchange Online' : 'Microsoft Teams',
    resourceId: '00000003-0000-0000-c000-000000000000',
    resourceDisplayName: 'Microsoft Graph',
    ipAddress: `203.0.113.${roll % 250}`,
    clientAppUsed: roll % 17 === 3 ? 'IMAP4' : 'Browser',
    correlationId: ids.idOf('correlation', position),
    conditionalAccessStatus: failed ? 'failure' : 'success',
    isInteractive: true,
    riskDetail: 'none',
    riskLevelAggregated: 'none',
    riskLevelDuringSignIn: 'none',
    riskState: 'none',
    riskEventTypes_v2: [],
    status: failed
      ? {
          errorCode: 50126,
          failureReason: 'Error validating credentials due to invalid username or password.',
          additionalDetails: null,
        }
      : { errorCode: 0, failureReason: 'Other.', additionalDetails: null },
    deviceDetail: {
      deviceId: '',
      displayName: '',
      operatingSystem: 'Windows10',
      browser: 'Edge 131.0.0',
      isCompliant: null,
      isManaged: null,
      trustType: null,
    },
    location: {
      city: office.city,
      state: office.state,
      countryOrRegion: office.usageLocation,
      geoCoordinates: { altitude: null, latitude: null, longitude: null },
    },
    appliedConditionalAccessPolicies: [],
  };
}

const activities = [
  { activity: 'Update user', category: 'UserManagement', operation: 'Update' },
  { activity: 'Add member to group', category: 'GroupManagement', operation: 'Assign' },
  { activity: 'Change user license', category: 'UserManagement', operation: 'Update' },
  { activity: 'Add device', category: 'Device', operation: 'Add' },
  { activity: 'Reset user password', category: 'UserManagement', operation: 'Update' },
] as const;

function directoryAuditOf(position: number, { users, seed, ids, now }: SeedScope): Entity {
  const roll = mix(seed, 11, position);
  const target = roll % users;
  const { activity, category, operation } = activities[roll % activities.length] ?? activities[0];
  return {
    id: ids.idOf('directoryAudit', position),
    activityDateTime: timestamp(now - position * 47 * minuteMs),
    activityDisplayName: activity,
    category,
    correlationId: ids.idOf('correlation', 100_000 + position),
    result: 'success',
    resultReason: '',
    loggedByService: 'Core Directory',
    operationType: operation,
    initiatedBy: {
      app: null,
      user: {
        id: ids.idOf('user', 2),
        displayName: null,
        userPrincipalName: userNames(2).userPrincipalName,
        ipAddress: '203.0.113.9',
      },
    },
    targetResources: [
      {
        id: ids.idOf('user', target),
        displayName: null,
        type: 'User',
        userPrincipalName: userNames(target).userPrincipalName,
        groupType: null,
        modifiedProperties: [],
      },
    ],
    additionalDetails: [{ key: 'tenantId', value: tenant.id }],
  };
}
