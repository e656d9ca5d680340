import type { Cloud, DataPlane } from '../base/clouds.ts';

/** Address of a data plane, taken apart. */
export interface Endpoint {
  readonly scheme: string;
  /** Lower case, without port. */
  readonly host: string;
  /** Empty for the scheme's default. */
  readonly port: string;
  /** Empty, or beginning with `/` and without one at the end. */
  readonly path: string;
}

/** Schemes and ports of the planes that are not spoken to over HTTP. */
const planeSchemes: Partial<Record<DataPlane, string>> = { postgresql: 'postgresql', cosmos: 'wss' };
const defaultPorts: Readonly<Record<string, string>> = { https: '443', wss: '443', http: '80', postgresql: '5432' };

/**
 * Storage accounts with DNS zone endpoints have their zone in another domain.
 * https://learn.microsoft.com/azure/storage/common/storage-account-overview
 */
const furtherPatterns: Readonly<Record<string, string>> = {
  'https://{account}.blob.core.windows.net': 'https://{account}.blob.storage.azure.net',
};

/** Parses an address; undefined when it is invalid or has user info, a query or a fragment. */
export function parseEndpoint(address: string): Endpoint | undefined {
  const match = /^([a-z]+):\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?(\/[A-Za-z0-9/._-]*)?$/i.exec(
    address.trim(),
  );
  if (match === null) return undefined;
  const scheme = (match[1] ?? '').toLowerCase();
  const port = match[3] ?? '';
  return {
    scheme,
    host: (match[2] ?? '').toLowerCase(),
    port: port === defaultPorts[scheme] ? '' : port,
    path: (match[4] ?? '').replace(/\/+$/, ''),
  };
}

function formatEndpoint({ scheme, host, port, path }: Endpoint): string {
  return `${scheme}://${host}${port === '' ? '' : `:${port}`}${path}`;
}

/**
 * Address of a service's data plane: what the resource says itself, else the cloud's pattern with the name filled in.
 * Empty when neither is there.
 */
export function resolveEndpoint(own: unknown, name: string, plane: DataPlane, cloud: Cloud): string {
  const pattern = cloud.dataPlane[plane]?.replaceAll('{account}', name);
  const ownText = typeof own === 'string' && own !== '' ? own : undefined;
  const address = ownText ?? pattern ?? '';
  const withScheme = address === '' || address.includes('://') ? address : `https://${address}`;
  const parsed = parseEndpoint(withScheme);
  // An unreadable address is kept for display; nothing is ever sent to it.
  return parsed === undefined ? address : formatEndpoint(toPlane(parsed, plane));
}

function toPlane(endpoint: Endpoint, plane: DataPlane): Endpoint {
  const scheme = planeSchemes[plane];
  if (scheme === undefined || endpoint.scheme === scheme) return endpoint;
  return { ...endpoint, scheme, port: endpoint.port === defaultPorts[scheme] ? '' : endpoint.port };
}

/** Whether an address belongs to the data plane of the cloud and may get a token: ARM's answer is not proof. */
export function belongsToCloud(address: string, plane: DataPlane, cloud: Cloud): boolean {
  const pattern = cloud.dataPlane[plane];
  const endpoint = parseEndpoint(address);
  if (pattern === undefined || endpoint === undefined) return false;
  return [pattern, furtherPatterns[pattern]].some((one) => one !== undefined && isMatch(endpoint, one, plane));
}

function isMatch(endpoint: Endpoint, pattern: string, plane: DataPlane): boolean {
  // The placeholder is a name like any other to the parser, and is found again in what comes out.
  const parsed = parseEndpoint(pattern.replaceAll('{account}', placeholder));
  if (parsed === undefined) return false;
  const wanted = toPlane(parsed, plane);
  return (
    endpoint.scheme === wanted.scheme &&
    endpoint.port === wanted.port &&
    toExpression(wanted.host, '[a-z0-9-]+(?:\\.[a-z0-9-]+)*').test(endpoint.host) &&
    toExpression(wanted.path, '[A-Za-z0-9-]+').test(endpoint.path)
  );
}

const placeholder = 'xaccountx';

function toExpression(text: string, account: string): RegExp {
  const escaped = text.split(placeholder).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${escaped.join(account)}$`);
}

/** `.invalid` is reserved and never resolves: a cloud says so that nothing listens there (RFC 6761). */
export function isNowhere(address: string): boolean {
  return parseEndpoint(address)?.host.endsWith('.invalid') === true;
}
