import type { Cloud } from '../../core/base/clouds.ts';
import { isRecord } from '../../core/base/guards.ts';
import type { DataService, FixedService, ServiceName } from './service.ts';

/** Hosts of the in-process services. `.invalid` never resolves, so no request can reach a network. */
const inProcessBases: Readonly<Record<FixedService, string>> = {
  login: 'https://login.sandbox.invalid',
  graph: 'https://graph.sandbox.invalid',
  arm: 'https://management.sandbox.invalid',
  devops: 'https://dev.sandbox.invalid',
  upload: 'https://upload.sandbox.invalid',
  monitor: 'https://monitor.sandbox.invalid',
};

const serviceNames: readonly FixedService[] = ['graph', 'arm', 'devops', 'upload', 'monitor', 'login'];

/** Path of each service on a port; login is at the root. */
function portPath(service: FixedService): string {
  return service === 'login' ? '' : `/${service}`;
}

const dataServices: readonly DataService[] = ['storage', 'servicebus', 'search'];

/** Addresses of the in-process data planes. */
const inProcessDataPlanes = {
  storage: 'https://{account}.blob.sandbox.invalid',
  servicebus: 'https://{account}.servicebus.sandbox.invalid',
  postgresql: 'https://{account}.postgres.sandbox.invalid',
  cosmos: 'https://{account}.gremlin.cosmos.sandbox.invalid',
  search: 'https://{account}.search.sandbox.invalid',
} as const;
type DataPlaneKind = keyof typeof inProcessDataPlanes;

/** Addresses of the data planes on a port. Services without HTTP are not served; their names never resolve. */
function portDataPlanes(origin: string): Readonly<Record<DataPlaneKind, string>> {
  const served = dataServices.map((kind) => [kind, `${origin}/data/${kind}/{account}`]);
  return { ...inProcessDataPlanes, ...Object.fromEntries(served) };
}

/** Where a request goes. */
export interface Destination {
  readonly service: ServiceName;
  readonly base: string;
  readonly rawPath: string;
  readonly rawQuery: string;
}

export const inProcessCloud: Cloud = {
  name: 'sandbox',
  login: inProcessBases.login,
  graph: inProcessBases.graph,
  resourceManager: inProcessBases.arm,
  devops: inProcessBases.devops,
  dataPlane: inProcessDataPlanes,
};

/** `origin` is `http://127.0.0.1:{port}`. */
export function portCloud(origin: string): Cloud {
  return {
    name: 'sandbox',
    login: origin,
    graph: `${origin}${portPath('graph')}`,
    resourceManager: `${origin}${portPath('arm')}`,
    devops: `${origin}${portPath('devops')}`,
    dataPlane: portDataPlanes(origin),
  };
}

/** The service at an in-process address; undefined if the host is not part of the sandbox. */
export function inProcessDestination(url: string): Destination | undefined {
  const match = /^(https:\/\/[^/?#]+)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  const origin = match?.[1]?.toLowerCase().replace(/:443$/, '');
  if (!match || origin === undefined) return undefined;
  const service = serviceNames.find((name) => inProcessBases[name] === origin) ?? dataServiceOf(origin);
  return service && { service, base: origin, rawPath: match[2] || '/', rawQuery: match[3] ?? '' };
}

function dataServiceOf(origin: string): DataService | undefined {
  return dataServices.find((kind) => {
    const [before = '', after = ''] = inProcessDataPlanes[kind].split('{account}');
    const account = origin.slice(before.length, origin.length - after.length);
    return origin === `${before}${account}${after}` && /^[a-z0-9-]+$/.test(account);
  });
}

/** The service for a request target on a port, such as `/graph/v1.0/users?$top=1`. */
export function portDestination(origin: string, target: string): Destination {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  const rawQuery = at < 0 ? '' : target.slice(at + 1);
  const [dataPrefix, kind] = /^\/data\/([a-z]+)\/[A-Za-z0-9-]+(?=\/|$)/.exec(path) ?? [];
  const dataService = dataServices.find((name) => name === kind);
  if (dataPrefix !== undefined && dataService) {
    const rawPath = path.slice(dataPrefix.length) || '/';
    return { service: dataService, base: `${origin}${dataPrefix}`, rawPath, rawQuery };
  }
  const service =
    serviceNames.find((name) => path === portPath(name) || path.startsWith(`${portPath(name)}/`)) ?? 'login';
  const prefix = portPath(service);
  return { service, base: `${origin}${prefix}`, rawPath: path.slice(prefix.length) || '/', rawQuery };
}

/**
 * Address of a service for a caller that reached another one under `base`. Like the real service, upload and monitor
 * use a different host: on a port that is `localhost` instead of `127.0.0.1`.
 */
export function addressBeside(base: string, service: FixedService): string {
  const origin = /^https?:\/\/[^/]+/.exec(base)?.[0] ?? base;
  if (origin.endsWith('.sandbox.invalid')) return inProcessBases[service];
  const isThere = base.endsWith(portPath('upload')) || base.endsWith(portPath('monitor'));
  const isElsewhere = service === 'upload' || service === 'monitor';
  const host = isElsewhere === isThere ? origin : swapLoopbackName(origin);
  return `${host}${portPath(service)}`;
}

function swapLoopbackName(origin: string): string {
  return origin.includes('//localhost')
    ? origin.replace('//localhost', '//127.0.0.1')
    : origin.replace('//127.0.0.1', '//localhost');
}

/** Placeholder for the address of a data plane in a seeded property. The address depends on the caller's cloud. */
export function addressMark(kind: DataPlaneKind, account: string, form: 'url' | 'host' = 'url'): string {
  return `data-plane:${kind}:${account}:${form}`;
}

/** Replaces the placeholders with addresses. */
export function resolveAddresses(value: unknown, base: string): unknown {
  if (typeof value === 'string') return value.startsWith('data-plane:') ? addressOf(value, base) : value;
  if (Array.isArray(value)) return value.map((one) => resolveAddresses(one, base));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolveAddresses(one, base)]));
}

/** Address of an account's data plane for a caller that reached ARM under `base`. */
function addressOf(mark: string, base: string): string {
  const [, kind = '', account = '', form] = mark.split(':');
  const isInProcess = base.endsWith('.invalid') || base.endsWith('.test');
  const patterns: Readonly<Record<string, string>> = isInProcess
    ? inProcessDataPlanes
    : portDataPlanes(/^https?:\/\/[^/]+/.exec(base)?.[0] ?? base);
  const url = patterns[kind]?.replace('{account}', account) ?? '';
  return form === 'host' ? url.replace(/^https?:\/\//, '') : `${url}/`;
}
