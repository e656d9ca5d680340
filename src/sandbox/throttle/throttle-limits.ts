import type { SandboxContext } from '../service.ts';

/** Budgets of the emulated services; `placeObject('graph', 'throttleLimits', { … })` overrides any of them. */
export interface ThrottleLimits {
  /** Identity and access: resource units per app and tenant. */
  readonly resource_units: number;
  readonly resource_unit_seconds: number;
  /** Identity and access: writes per app and tenant. */
  readonly writes: number;
  readonly write_seconds: number;
  /** Writes to applications for work accounts, and to those for personal accounts. */
  readonly application_writes: number;
  readonly application_write_seconds: number;
  readonly personal_application_writes: number;
  readonly personal_application_write_seconds: number;
  /** Outlook, per app and mailbox. */
  readonly mailbox_requests: number;
  readonly mailbox_seconds: number;
  readonly mailbox_concurrent: number;
  /** Audit logs and reports. */
  readonly audit_requests: number;
  readonly audit_seconds: number;
  /** `signInActivity` of users. */
  readonly sign_in_activity_requests: number;
  readonly sign_in_activity_seconds: number;
  /** Conditional access and identity protection, per tenant. */
  readonly conditional_access_requests: number;
  readonly conditional_access_seconds: number;
  /** SharePoint and OneDrive, per app and tenant. */
  readonly sharepoint_units: number;
  readonly sharepoint_seconds: number;
  /** 1: refused calls are charged and lengthen the wait, as the service does. 0: they are free. */
  readonly count_refused: number;
}

/** Source: "Microsoft Graph service-specific throttling limits". */
const published: Omit<ThrottleLimits, 'resource_units' | 'sharepoint_units'> = {
  resource_unit_seconds: 10,
  writes: 3000,
  write_seconds: 150,
  application_writes: 70_000,
  application_write_seconds: 300,
  personal_application_writes: 60,
  personal_application_write_seconds: 60,
  mailbox_requests: 10_000,
  mailbox_seconds: 600,
  mailbox_concurrent: 4,
  audit_requests: 5,
  audit_seconds: 10,
  sign_in_activity_requests: 10,
  sign_in_activity_seconds: 60,
  conditional_access_requests: 1,
  conditional_access_seconds: 1,
  sharepoint_seconds: 60,
  count_refused: 1,
};

/** Names that a placed object may override. */
export const throttleLimitNames: readonly string[] = ['resource_units', 'sharepoint_units', ...Object.keys(published)];

export function throttleLimits(context: SandboxContext): ThrottleLimits {
  const users = context.store.count('user');
  const limits = { resource_units: resourceUnitsFor(users), sharepoint_units: sharePointUnitsFor(users), ...published };
  const placed = context.placed('throttleLimits').at(-1) ?? {};
  const known = Object.entries(placed).filter(([name, value]) => name in limits && Number.isFinite(Number(value)));
  return { ...limits, ...Object.fromEntries(known.map(([name, value]) => [name, Number(value)])) };
}

/** Tenants of fewer than 50, of up to 500, and of more users. */
function resourceUnitsFor(users: number): number {
  if (users < 50) return 3500;
  return users <= 500 ? 5000 : 8000;
}

/** By licences, for which the sandbox counts its users. Source: "Avoid getting throttled or blocked in SharePoint Online". */
function sharePointUnitsFor(licences: number): number {
  const step = [1000, 5000, 15_000, 50_000].findIndex((most) => licences <= most);
  return 1250 * ((step < 0 ? 4 : step) + 1);
}
