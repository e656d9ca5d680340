import { badRequest, notFound } from './arm-error.ts';
import type { SubscriptionRecord } from './arm-records.ts';
import type { ArmStore } from './arm-store.ts';

const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function requireSubscription(store: ArmStore, id: string): SubscriptionRecord {
  if (!guid.test(id)) {
    throw badRequest('InvalidSubscriptionId', `The provided subscription identifier '${id}' is malformed or invalid.`);
  }
  const subscription = store.subscription(id);
  if (subscription) return subscription;
  throw notFound('SubscriptionNotFound', `The subscription '${id}' could not be found.`);
}
