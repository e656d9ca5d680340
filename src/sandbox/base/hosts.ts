import type { Cloud } from '../../core/base/clouds.ts';
import { type DataPlaneKind, dataPlaneKinds, inProcessDataPlane, portDataPlane } from '../arm/data-plane-address.ts';
import type { DataService, FixedService, ServiceName } from '../service.ts';

/** Hosts under which the services are reached in process. `.invalid` never resolves, so nothing can leak to a network. */
const inProcessBases: Readonly<Record<FixedService, string>> = {
  login: 'https://login.sandbox.invalid',
  graph: 'https://graph.sandbox.invalid',
  arm: 'https://management.sandbox.invalid',
  devops: 'https://dev.sandbox.invalid',
  upload: 'https://upload.sandbox.invalid',
  monitor: 'https://monitor.sandbox.invalid',
};

/** Path under which a service is reached on a port; login is at the root. */
const portPaths: Readonly<Record<FixedService, string>> = {
  login: '',
  graph: '/graph',
  arm: '/arm',
  devops: '/devops',
  upload: '/upload',
  monitor: '/monitor',
};

const serviceNames: readonly FixedService[] = ['graph', 'arm', 'devops', 'upload', 'monitor', 'login'];

const dataServices: readonly DataService[] = ['storage', 'servicebus', 'search'];

function dataPlaneOf(pattern: (kind: DataPlaneKind) => string): Record<string, string> {
  return Object.fromEntries(dataPlaneKinds.map((kind) => [kind, pattern(kind)]));
}

/** Where a request is to go. */
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
  dataPlane: dataPlaneOf(inProcessDataPlane),
};

/** `origin` is `http://127.0.0.1:{port}`. */
export function portCloud(origin: string): Cloud {
  return {
    name: 'sandbox',
    login: origin,
    graph: `${origin}${portPaths.graph}`,
    resourceManager: `${origin}${portPaths.arm}`,
    devops: `${origin}${portPaths.devops}`,
    dataPlane: dataPlaneOf((kind) => portDataPlane(origin, kind)),
  };
}

/** The service behind an address in process, or undefined for a host that is not the sandbox's. */
export function inProcessDestination(url: string): Destination | undefined {
  const match = /^(https:\/\/[^/?#]+)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  const origin = match?.[1]?.toLowerCase().replace(/:443$/, '');
  if (!match || origin === undefined) return undefined;
  const service = serviceNames.find((name) => inProcessBases[name] === origin) ?? dataServiceOf(origin);
  return service && { service, base: origin, rawPath: match[2] || '/', rawQuery: match[3] ?? '' };
}

function dataServiceOf(origin: string): DataService | undefined {
  return dataServices.find((kind) => {
    const [before = '', after = ''] = inProcessDataPlane(kind).split('{account}');
    const account = origin.slice(before.length, origin.length - after.length);
    return origin === `${before}${account}${after}` && /^[a-z0-9-]+$/.test(account);
  });
}

/** The service behind a request target (`/graph/v1.0/users?$top=1`) on a port. */
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
    serviceNames.find((name) => path === portPaths[name] || path.startsWith(`${portPaths[name]}/`)) ?? 'login';
  const prefix = portPaths[service];
  return { service, base: `${origin}${prefix}`, rawPath: path.slice(prefix.length) || '/', rawQuery };
}

/**
 * Address of a service for somebody who reached another one under `base`. Upload and monitor addresses are on another
 * host than the rest, as the service's are: on a port that is `localhost` beside `127.0.0.1`.
 */
export function addressBeside(base: string, service: FixedService): string {
  const origin = /^https?:\/\/[^/]+/.exec(base)?.[0] ?? base;
  if (origin.endsWith('.sandbox.invalid')) return inProcessBases[service];
  const isThere = base.endsWith(portPaths.upload) || base.endsWith(portPaths.monitor);
  const isElsewhere = service === 'upload' || service === 'monitor';
  const host = isElsewhere === isThere ? origin : swapLoopbackName(origin);
  return `${host}${portPaths[service]}`;
}

function swapLoopbackName(origin: string): string {
  return origin.includes('//localhost')
    ? origin.replace('//localhost', '//127.0.0.1')
    : origin.replace('//127.0.0.1', '//localhost');
}
