import * as z from 'zod';
import { ControlInputError } from '../base/control-input.ts';
import { idKey, managementGroupScope } from './arm-ids.ts';
import type { PlainObject, SubscriptionRecord } from './arm-records.ts';
import { type ArmStore, assignmentKey, lockKey } from './arm-store.ts';

const objects = z.record(z.string(), z.unknown());
const tags = z.record(z.string(), z.string());

const schemas = {
  subscription: z.object({
    subscriptionId: z.guid(),
    displayName: z.string().default('Placed subscription'),
    state: z.enum(['Enabled', 'Warned', 'PastDue', 'Disabled']).default('Enabled'),
    tags: tags.default({}),
    managementGroup: z.string().default('mg-contoso'),
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
    scope: z.string().default(managementGroupScope('mg-contoso')),
    roleId: z.guid(),
    principalId: z.string(),
    principalType: z.string().default('ServicePrincipal'),
    createdOn: z.string().optional(),
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

export const armObjectTypes: readonly string[] = Object.keys(schemas);

/** Places an object of Azure as given; false when the type is none. `resource` takes a resource group as well. */
export function placeArmObject(
  store: ArmStore,
  subscriptions: Map<string, SubscriptionRecord>,
  type: string,
  object: PlainObject,
  now: number,
): boolean {
  const time = new Date(now).toISOString();
  switch (type) {
    case 'subscription': {
      const subscription = read('subscription', object);
      subscriptions.set(idKey(subscription.subscriptionId), subscription);
      return true;
    }
    case 'resource': {
      const { location, kind, tags, sku, traits, ...rest } = read('resource', object);
      const optional = Object.entries({ location, kind, tags, sku, traits }).filter(([, value]) => value !== undefined);
      const stamps = { etag: `"placed-${now}"`, createdTime: time, changedTime: time };
      store.putResource({ ...stamps, ...rest, ...Object.fromEntries(optional) });
      return true;
    }
    case 'roleAssignment': {
      const { createdOn = time, ...assignment } = read('roleAssignment', object);
      store.roleAssignments.set(assignmentKey(assignment), { ...assignment, createdOn });
      return true;
    }
    case 'lock': {
      const { notes, ...lock } = read('lock', object);
      store.locks.set(lockKey(lock), { ...lock, ...(notes === undefined ? {} : { notes }) });
      return true;
    }
    case 'policy': {
      const { deniedTypes, allowedLocations, ...policy } = read('policy', object);
      store.policies.push({
        ...policy,
        ...(deniedTypes ? { deniedTypes } : {}),
        ...(allowedLocations ? { allowedLocations } : {}),
      });
      return true;
    }
    case 'registration': {
      const { subscriptionId, namespace, state } = read('registration', object);
      store.setRegistration(subscriptionId, namespace, state);
      return true;
    }
    default:
      return false;
  }
}

function read<K extends keyof typeof schemas>(type: K, object: PlainObject): z.infer<(typeof schemas)[K]> {
  const parsed = schemas[type].safeParse(object);
  if (parsed.success) return parsed.data as z.infer<(typeof schemas)[K]>;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || type}: ${issue.message}`);
  throw new ControlInputError(`${problems.join('; ')}.`);
}
