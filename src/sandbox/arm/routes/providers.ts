import type { PlainObject } from '../../base/plain-object.ts';
import { authorize, requireAnyRole } from '../access/guards.ts';
import { findProvider } from '../api-versions.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { notFound } from '../arm-error.ts';
import { idKey, subscriptionScope } from '../arm-ids.ts';
import { pageOf } from '../paging.ts';
import { type ProviderSeed, providerCatalogue } from '../seed/provider-catalogue.ts';

const type = 'Microsoft.Resources/providers';

const list = '/subscriptions/{subscription}/providers';
const path = `${list}/{namespace}`;

export const providerRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: '/providers', type, handle: (call) => pageOf(call, providerCatalogue.map(render)) },
  { method: 'GET', path: '/providers/{namespace}', type, handle: describeProvider },
  { method: 'GET', path: list, type, handle: listProviders },
  { method: 'GET', path, type, handle: readProvider },
  { method: 'GET', path: `${path}/providerPermissions`, type, handle: listProviderPermissions },
  { method: 'POST', path: `${path}/register`, type, handle: register },
  { method: 'POST', path: `${path}/unregister`, type, handle: unregister },
];

function describeProvider(call: ArmCall) {
  return { status: 200, body: render(requireProvider(call)) };
}

function requireProvider({ params }: ArmCall): ProviderSeed {
  const namespace = params['namespace'] ?? '';
  const provider = findProvider(namespace);
  if (provider) return provider;
  throw notFound('InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
}

function listProviders(call: ArmCall) {
  requireAnyRole(call, 'Microsoft.Resources/subscriptions/providers/read', scopeOf(call));
  return pageOf(
    call,
    providerCatalogue.map((one) => renderIn(call, one)),
  );
}

function readProvider(call: ArmCall) {
  requireAnyRole(call, 'Microsoft.Resources/subscriptions/providers/read', scopeOf(call));
  const provider = requireProvider(call);
  advance(call, provider);
  return { status: 200, body: renderIn(call, provider) };
}

function listProviderPermissions(call: ArmCall) {
  authorize(call, 'Microsoft.Resources/subscriptions/providers/read', scopeOf(call));
  requireProvider(call);
  return { status: 200, body: { value: [] } };
}

/** Registration takes a while: it is complete on the second read of the namespace. */
function register(call: ArmCall) {
  const provider = requireProvider(call);
  authorize(call, `${provider.namespace}/register/action`, scopeOf(call));
  if (registrationOf(call, provider) !== 'Registered') {
    call.store.setRegistration(subscriptionOf(call), provider.namespace, 'Registering');
    call.registrationReads.delete(keyOf(call, provider));
  }
  return { status: 200, body: renderIn(call, provider) };
}

function unregister(call: ArmCall) {
  const provider = requireProvider(call);
  authorize(call, `${provider.namespace}/unregister/action`, scopeOf(call));
  call.store.setRegistration(subscriptionOf(call), provider.namespace, 'NotRegistered');
  return { status: 200, body: renderIn(call, provider) };
}

function advance(call: ArmCall, provider: ProviderSeed): void {
  if (registrationOf(call, provider) !== 'Registering') return;
  const reads = (call.registrationReads.get(keyOf(call, provider)) ?? 0) + 1;
  call.registrationReads.set(keyOf(call, provider), reads);
  if (reads >= 2) call.store.setRegistration(subscriptionOf(call), provider.namespace, 'Registered');
}

function subscriptionOf({ params }: ArmCall): string {
  return params['subscription'] ?? '';
}

function scopeOf(call: ArmCall): string {
  return subscriptionScope(subscriptionOf(call));
}

function keyOf(call: ArmCall, { namespace }: ProviderSeed): string {
  return idKey(`${subscriptionOf(call)}/${namespace}`);
}

function registrationOf(call: ArmCall, { namespace, isRegistrationFree }: ProviderSeed): string {
  return isRegistrationFree ? 'Registered' : call.store.registration(subscriptionOf(call), namespace);
}

function renderIn(call: ArmCall, provider: ProviderSeed): PlainObject {
  const id = `${scopeOf(call)}/providers/${provider.namespace}`;
  return { id, ...render(provider), registrationState: registrationOf(call, provider) };
}

function render({ namespace, resourceTypes, isRegistrationFree }: ProviderSeed): PlainObject {
  return {
    namespace,
    registrationPolicy: isRegistrationFree ? 'RegistrationFree' : 'RegistrationRequired',
    resourceTypes: resourceTypes.map((one) => ({ ...one, zoneMappings: [], locationMappings: [] })),
  };
}
