import { BlockList, isIP, isIPv4 } from 'node:net';

/** Networks that belong to a machine, a site or nobody: https://www.iana.org/assignments/iana-ipv4-special-registry */
const privateNetworks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  // Azure's own services for the machine that asks.
  ['168.63.129.16', 32],
  // The unspecified and the loopback address, and addresses of the old form that hold one of IPv4.
  ['::', 96],
  // NAT64 of a network's own, whose addresses lead to any of IPv4: RFC 8215.
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

/** IPv6 networks whose addresses hold one of IPv4: mapped ones, NAT64, and 6to4 with its place in the address. */
const wrappers: readonly (readonly [string, number, number])[] = [
  ['::ffff:0:0', 96, 6],
  ['64:ff9b::', 96, 6],
  ['2002::', 16, 1],
];

function listOf(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}

const privateList = listOf(privateNetworks);
const wrapperLists = wrappers.map(([network, prefix, place]) => ({ list: listOf([[network, prefix]]), place }));

/** Whether an address is one of the Internet: not of this machine, its network, a cloud's metadata or a group. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  if (isIPv4(bare)) return !privateList.check(bare, 'ipv4');
  if (isIP(bare) !== 6) return false;
  const wrapper = wrapperLists.find(({ list }) => list.check(bare, 'ipv6'));
  if (wrapper !== undefined) return isPublicAddress(wrappedIn(bare, wrapper.place));
  return !privateList.check(bare, 'ipv6');
}

/** The IPv4 address in the two groups from `place` on. */
function wrappedIn(address: string, place: number): string {
  // The parser writes all forms as groups of hexadecimal digits.
  const { hostname } = new URL(`http://[${address}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  const [high = 0, low = 0] = [...before, ...gap, ...after]
    .slice(place, place + 2)
    .map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Names that a resolver may answer without asking anybody, or with addresses of a private network only. */
const privateNames = /(?:^|\.)(?:localhost|local|internal|localdomain|home\.arpa|in-addr\.arpa|ip6\.arpa)$/i;

/**
 * Whether a host, as `URL` writes it, may belong to the Internet. Names have a dot; where one really leads is only known
 * when it is resolved.
 */
export function isPublicHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return isIP(name) > 0 ? isPublicAddress(name) : name.includes('.') && !privateNames.test(name);
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '[::1]', 'localhost']);

/** Whether a host, as `URL` writes it or bare, is this machine. Other names may resolve to it, and do not count. */
export function isLoopbackHost(host: string): boolean {
  return loopbackHosts.has(host);
}
