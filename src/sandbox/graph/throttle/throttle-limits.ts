import type { SandboxContext } from '../../base/service.ts';
import { withPlaced } from '../../base/throttle.ts';

/** Source: "Microsoft Graph service-specific throttling limits". Two more depend on the tenant's size. */
const published = {
  /** Identity and access: resource units per app and tenant. */
  resource_unit_seconds: 10,
  /** Identity and access: writes per app and tenant. */
  writes: 3000,
  write_seconds: 150,
  /** Writes to applications for work accounts, and to those for personal accounts. */
  application_writes: 70_000,
  application_write_seconds: 300,
  personal_application_writes: 60,
  personal_application_write_seconds: 60,
  /** Outlook, per app and mailbox. */
  mailbox_requests: 10_000,
  mailbox_seconds: 600,
  mailbox_concurrent: 4,
  /** Audit logs and reports. */
  audit_requests: 5,
  audit_seconds: 10,
  /** `signInActivity` of users. */
  sign_in_activity_requests: 10,
  sign_in_activity_seconds: 60,
  /** Conditional access and identity protection, per tenant. */
  conditional_access_requests: 1,
  conditional_access_seconds: 1,
  /** SharePoint and OneDrive, per app and tenant. */
  sharepoint_seconds: 60,
  /** 1: refused calls are charged and extend the wait, as in the service. 0: they are free. */
  count_refused: 1,
} as const;

/** Budgets of the emulated services; `placeObject('graph', 'throttleLimits', { … })` overrides any of them. */
export type ThrottleLimits = Readonly<Record<keyof typeof published | 'resource_units' | 'sharepoint_units', number>>;

/** Names that a placed object can override. */
export const throttleLimitNames: readonly string[] = ['resource_units', 'sharepoint_units', ...Object.keys(published)];

export function throttleLimits(context: SandboxContext): ThrottleLimits {
  const users = context.store.count('user');
  const limits = { resource_units: resourceUnitsFor(users), sharepoint_units: sharePointUnitsFor(users), ...published };
  return withPlaced(limits, context.placed('throttleLimits').at(-1));
}

/** Tenants with fewer than 50 users, with up to 500, and with more. */
function resourceUnitsFor(users: number): number {
  if (users < 50) return 3500;
  return users <= 500 ? 5000 : 8000;
}

/**
 * By number of licences; the sandbox uses its number of users. Source: "Avoid getting throttled or blocked in
 * SharePoint Online".
 */
function sharePointUnitsFor(licences: number): number {
  const step = [1000, 5000, 15_000, 50_000].findIndex((most) => licences <= most);
  return 1250 * ((step < 0 ? 4 : step) + 1);
}
