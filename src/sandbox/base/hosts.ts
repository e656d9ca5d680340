import type { Cloud } from '../../core/clouds.ts';
import type { ServiceName } from '../service.ts';

/** Hosts under which the services are reached in process. `.invalid` never resolves, so nothing can leak to a network. */
const inProcessBases: Readonly<Record<ServiceName, string>> = {
  login: 'https://login.sandbox.invalid',
  graph: 'https://graph.sandbox.invalid',
  arm: 'https://management.sandbox.invalid',
  devops: 'https://dev.sandbox.invalid',
  upload: 'https://upload.sandbox.invalid',
  monitor: 'https://monitor.sandbox.invalid',
};

/** Path under which a service is reached on a port; login is at the root. */
const portPaths: Readonly<Record<ServiceName, string>> = {
  login: '',
  graph: '/graph',
  arm: '/arm',
  devops: '/devops',
  upload: '/upload',
  monitor: '/monitor',
};

const serviceNames: readonly ServiceName[] = ['graph', 'arm', 'devops', 'upload', 'monitor', 'login'];

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
  dataPlane: {},
};

/** `origin` is `http://127.0.0.1:{port}`. */
export function portCloud(origin: string): Cloud {
  return {
    name: 'sandbox',
    login: origin,
    graph: `${origin}${portPaths.graph}`,
    resourceManager: `${origin}${portPaths.arm}`,
    devops: `${origin}${portPaths.devops}`,
    dataPlane: {},
  };
}

/** The service behind an address in process, or undefined for a host that is not the sandbox's. */
export function inProcessDestination(url: string): Destination | undefined {
  const match = /^(https:\/\/[^/?#]+)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  const origin = match?.[1]?.toLowerCase().replace(/:443$/, '');
  const service = serviceNames.find((name) => inProcessBases[name] === origin);
  if (!match || !service) return undefined;
  return { service, base: inProcessBases[service], rawPath: match[2] || '/', rawQuery: match[3] ?? '' };
}

/** The service behind a request target (`/graph/v1.0/users?$top=1`) on a port. */
export function portDestination(origin: string, target: string): Destination {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  const rawQuery = at < 0 ? '' : target.slice(at + 1);
  const service =
    serviceNames.find((name) => path === portPaths[name] || path.startsWith(`${portPaths[name]}/`)) ?? 'login';
  const prefix = portPaths[service];
  return { service, base: `${origin}${prefix}`, rawPath: path.slice(prefix.length) || '/', rawQuery };
}

/**
 * Address of a service for somebody who reached another one under `base`. Upload and monitor addresses are on another
 * host than the rest, as the service's are: on a port that is `localhost` beside `127.0.0.1`.
 */
export function addressBeside(base: string, service: ServiceName): string {
  const origin = /^https?:\/\/[^/]+/.exec(base)?.[0] ?? base;
  if (Object.values(inProcessBases).includes(origin)) return inProcessBases[service];
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
