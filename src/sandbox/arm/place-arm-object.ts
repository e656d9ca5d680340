import * as z from 'zod';
import type { Clock } from '../../core/base/clock.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { type Placer, placerOf } from '../base/placement.ts';
import { localizeText } from '../seed/localize.ts';
import { idKey, managementGroupScope } from './arm-ids.ts';
import { type ArmStore, assignmentKey, lockKey, type SubscriptionRecord } from './arm-store.ts';
import { customRoleSchema } from './routes/custom-roles.ts';

const objects = z.record(z.string(), z.unknown());
const tags = z.record(z.string(), z.string());

/** The group of all subscriptions, as the seed calls it. */
const rootGroup = 'mg-contoso';

const schemas = {
  subscription: z.object({
    subscriptionId: z.guid(),
    displayName: z.string().default('Placed subscription'),
    state: z.enum(['Enabled', 'Warned', 'PastDue', 'Disabled']).default('Enabled'),
    tags: tags.default({}),
    managementGroup: z.string().default(rootGroup),
  }),
  resource: z.looseObject({
    id: z.string().startsWith('/subscriptions/'),
    name: z.string(),
    type: z.string(),
    location: z.string().optional(),
    kind: z.string().optional(),
    tags: tags.optional(),
    sku: objects.optional(),
    properties: objects.default({}),
    traits: objects.optional(),
  }),
  roleAssignment: z.object({
    name: z.guid(),
    scope: z.string().default(managementGroupScope(rootGroup)),
    roleId: z.guid(),
    principalId: z.string(),
    principalType: z.string().default('ServicePrincipal'),
    createdOn: z.string().optional(),
  }),
  roleDefinition: customRoleSchema.extend({
    id: z.guid(),
    assignableScopes: customRoleSchema.shape.assignableScopes.default([managementGroupScope(rootGroup)]),
  }),
  lock: z.object({
    scope: z.string(),
    name: z.string(),
    level: z.enum(['CanNotDelete', 'ReadOnly']),
    notes: z.string().optional(),
  }),
  policy: z.object({
    name: z.string(),
    displayName: z.string(),
    scope: z.string(),
    deniedTypes: z.array(z.string()).optional(),
    allowedLocations: z.array(z.string()).optional(),
  }),
  registration: z.object({
    subscriptionId: z.string(),
    namespace: z.string(),
    state: z.enum(['NotRegistered', 'Registering', 'Registered', 'Unregistering']),
  }),
} as const;

/** Places Azure objects as given. `resource` also accepts a resource group. */
export function armPlacers(
  store: ArmStore,
  subscriptions: () => Map<string, SubscriptionRecord>,
  clock: Clock,
): Readonly<Record<keyof typeof schemas, Placer>> {
  const time = () => new Date(clock.now()).toISOString();
  const own = (text: string) => (text.endsWith(rootGroup) ? localizeText(text, store.tenant) : text);
  return {
    subscription: placerOf(schemas.subscription, ({ managementGroup, ...one }) => {
      subscriptions().set(idKey(one.subscriptionId), { ...one, managementGroup: own(managementGroup) });
    }),
    resource: placerOf(schemas.resource, ({ location, kind, tags, sku, traits, ...rest }) => {
      const stamps = { etag: `"placed-${clock.now()}"`, createdTime: time(), changedTime: time() };
      store.putResource({ ...stamps, ...rest, ...withoutUndefined({ location, kind, tags, sku, traits }) });
    }),
    roleAssignment: placerOf(schemas.roleAssignment, ({ createdOn = time(), ...given }) => {
      const assignment = { ...given, scope: own(given.scope), createdOn };
      store.roleAssignments.set(assignmentKey(assignment), assignment);
    }),
    roleDefinition: placerOf(schemas.roleDefinition, ({ id, assignableScopes, ...role }) => {
      const custom = { assignableScopes: assignableScopes.map(own), createdOn: time(), updatedOn: time() };
      store.roleDefinitions.set(idKey(id), { ...role, id: idKey(id), custom });
    }),
    lock: placerOf(schemas.lock, ({ notes, ...lock }) => {
      store.locks.set(lockKey(lock), { ...lock, ...(notes === undefined ? {} : { notes }) });
    }),
    policy: placerOf(schemas.policy, ({ deniedTypes, allowedLocations, ...policy }) => {
      store.policies.push({
        ...policy,
        ...(deniedTypes ? { deniedTypes } : {}),
        ...(allowedLocations ? { allowedLocations } : {}),
      });
    }),
    registration: placerOf(schemas.registration, ({ subscriptionId, namespace, state }) => {
      store.setRegistration(subscriptionId, namespace, state);
    }),
  };
}
