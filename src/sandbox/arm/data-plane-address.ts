import type { PlainObject } from '../base/guards.ts';

export const dataPlaneKinds = ['storage', 'servicebus', 'postgresql', 'cosmos', 'search'] as const;
export type DataPlaneKind = (typeof dataPlaneKinds)[number];

const inProcessHosts: Readonly<Record<DataPlaneKind, string>> = {
  storage: 'blob.sandbox.invalid',
  servicebus: 'servicebus.sandbox.invalid',
  postgresql: 'postgres.sandbox.invalid',
  cosmos: 'gremlin.cosmos.sandbox.invalid',
  search: 'search.sandbox.invalid',
};

/** Host pattern of a data plane for callers in process. */
export function inProcessDataPlane(kind: DataPlaneKind): string {
  return `https://{account}.${inProcessHosts[kind]}`;
}

/** Address pattern of a data plane on a port. What is no HTTP is not served: its name never resolves. */
export function portDataPlane(origin: string, kind: DataPlaneKind): string {
  if (kind === 'postgresql' || kind === 'cosmos') return inProcessDataPlane(kind);
  return `${origin}/data/${kind}/{account}`;
}

/** Address of an account's data plane for somebody who reached ARM under `base`. */
function dataPlaneAddress(base: string, kind: DataPlaneKind, account: string): string {
  const isInProcess = base.endsWith('.invalid') || base.endsWith('.test');
  const origin = /^https?:\/\/[^/]+/.exec(base)?.[0] ?? base;
  const pattern = isInProcess ? inProcessDataPlane(kind) : portDataPlane(origin, kind);
  return pattern.replace('{account}', account);
}

/** What a seeded property holds where the address of a data plane belongs: it differs with the caller's cloud. */
export function addressMark(kind: DataPlaneKind, account: string, form: 'url' | 'host' = 'url'): string {
  return `data-plane:${kind}:${account}:${form}`;
}

/** Puts addresses in the place of the marks. */
export function resolveAddresses(value: unknown, base: string): unknown {
  if (typeof value === 'string') return value.startsWith('data-plane:') ? addressOf(value, base) : value;
  if (Array.isArray(value)) return value.map((one) => resolveAddresses(one, base));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as PlainObject).map(([name, one]) => [name, resolveAddresses(one, base)]);
  return Object.fromEntries(entries);
}

function addressOf(mark: string, base: string): string {
  const [, name, account = '', form] = mark.split(':');
  const kind = dataPlaneKinds.find((one) => one === name) ?? 'storage';
  const url = dataPlaneAddress(base, kind, account);
  return form === 'host' ? url.replace(/^https?:\/\//, '') : `${url}/`;
}
