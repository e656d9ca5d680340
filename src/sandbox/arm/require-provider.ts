import { findProvider } from './api-versions.ts';
import type { ArmCall } from './arm-call.ts';
import { ArmError } from './arm-error.ts';
import { subscriptionIdOf } from './arm-ids.ts';

/** Throws 409 when the subscription is not registered to use the namespace. Registering ones can be used already. */
export function requireProvider({ store, path }: ArmCall, namespace: string): void {
  const subscriptionId = subscriptionIdOf(path);
  if (subscriptionId === undefined || findProvider(namespace)?.isRegistrationFree !== false) return;
  const state = store.registration(subscriptionId, namespace);
  if (state === 'Registered' || state === 'Registering') return;
  const message = `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`;
  throw new ArmError(409, 'MissingSubscriptionRegistration', message, {
    details: [{ code: 'MissingSubscriptionRegistration', target: namespace, message }],
  });
}
