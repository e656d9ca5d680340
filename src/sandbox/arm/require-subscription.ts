import { isGuid } from '../base/guards.ts';
import { badRequest, notFound } from './arm-error.ts';
import type { SubscriptionRecord } from './arm-records.ts';
import type { ArmStore } from './arm-store.ts';

export function requireSubscription(store: ArmStore, id: string): SubscriptionRecord {
  if (!isGuid(id)) {
    throw badRequest('InvalidSubscriptionId', `The provided subscription identifier '${id}' is malformed or invalid.`);
  }
  const subscription = store.subscription(id);
  if (subscription) return subscription;
  throw notFound('SubscriptionNotFound', `The subscription '${id}' could not be found.`);
}
