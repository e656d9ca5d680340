import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ServiceConnection } from '../../core/service-connections/describe-endpoint.ts';

/** A service connection after a change: without what is so for nearly all of them. */
export function briefServiceConnection(one: ServiceConnection): Partial<ServiceConnection> {
  const { type: _type, url, is_ready, is_shared, environment, state, projects, ...telling } = one;
  return withoutUndefined({
    ...telling,
    is_ready: is_ready ? undefined : is_ready,
    is_shared: is_shared ? is_shared : undefined,
    // An address belongs to a cloud; only that of an Azure Stack is its own.
    ...(environment === 'AzureCloud' ? {} : { environment, url }),
    state: state === 'Ready' ? undefined : state,
    projects: projects.length > 1 ? projects : undefined,
  });
}

/** A service connection among others: what it is, what it is for, and whether something has to be done. Asked for alone it is shown whole. */
export function listedServiceConnection(one: ServiceConnection): Partial<ServiceConnection> {
  const { issuer: _issuer, subject: _subject, app_object_id: _app, ...brief } = briefServiceConnection(one);
  const { tenant_id: _tenant, subscription_name: _name, scope_level, ...telling } = brief;
  return withoutUndefined({ ...telling, scope_level: scope_level === 'Subscription' ? undefined : scope_level });
}
