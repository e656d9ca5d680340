import { BlockList, isIP } from 'node:net';
import type { Environment } from '../base/environment.ts';
import { AppError } from '../base/errors.ts';
import { Secret } from '../secrets/secret.ts';

/** A proxy of the network that this machine is in. */
export interface NetworkProxy {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Spoken to over TLS. */
  readonly isSecure: boolean;
  /** The value of `Proxy-Authorization`, where the address has a user or a password. */
  readonly authorization: Secret | undefined;
  /** Host and port, for people. */
  readonly shown: string;
  /** The variable that names it. */
  readonly variable: string;
}

/** The proxy that leads to an address; undefined where it is reached directly. Throws `configuration` for one that is none. */
export type ProxyFor = (url: string) => NetworkProxy | undefined;

/** In this order, each in small letters first, as curl and the Azure SDKs read them. */
const variables = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'];

/**
 * Reads `HTTPS_PROXY`, `ALL_PROXY`, `HTTP_PROXY` and `NO_PROXY`. What has no encryption never goes through a proxy: that is
 * the sandbox, or this machine's own identity service, which a proxy cannot reach.
 * https://learn.microsoft.com/azure/developer/javascript/sdk/proxy
 */
export function proxiesOf(environment: Environment): ProxyFor {
  const found = findProxy(environment);
  if (found === undefined) return () => undefined;
  const isDirect = readNoProxy(either(environment, 'NO_PROXY')?.value ?? '');
  let proxy: NetworkProxy | undefined;
  return (url) => {
    const target = URL.parse(url);
    const isPlain = target === null || target.protocol === 'http:' || target.protocol === 'ws:';
    if (isPlain || isLoopback(target.hostname) || isDirect(target)) return undefined;
    proxy ??= toProxy(found);
    return proxy;
  };
}

interface Named {
  readonly variable: string;
  readonly value: string;
}

function findProxy(environment: Environment): Named | undefined {
  for (const variable of variables) {
    const found = either(environment, variable);
    if (found !== undefined) return found;
  }
  return undefined;
}

function either(environment: Environment, variable: string): Named | undefined {
  for (const name of [variable.toLowerCase(), variable]) {
    const value = environment(name)?.trim();
    if (value !== undefined && value !== '') return { variable: name, value };
  }
  return undefined;
}

/** `proxy.contoso.com:8080` is an address without its scheme, which is http whatever is sent through it. */
function toProxy({ variable, value }: Named): NetworkProxy {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  // A slash, `#` or `?` in a password ends the host: what is taken for host and port would be the user and a part of it.
  if (url === null || url.hostname === '' || `${url.pathname}${url.search}${url.hash}`.includes('@')) {
    throw new AppError('configuration', `The variable ${variable} holds no address of a proxy.`, {
      hint: proxyForm(variable),
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('configuration', `The variable ${variable} names a proxy of another kind than http or https.`, {
      hint: `${proxyForm(variable)} SOCKS and PAC files are not supported.`,
    });
  }
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port || (isSecure ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port, isSecure, authorization: credentialsOf(url), shown: `${url.hostname}:${port}`, variable };
}

function credentialsOf({ username, password }: URL): Secret | undefined {
  if (username === '' && password === '') return undefined;
  const plain = `${decoded(username)}:${decoded(password)}`;
  return new Secret(`Basic ${Buffer.from(plain).toString('base64')}`);
}

/** A percent sign that somebody forgot to encode is meant as it is. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/** How the address of a proxy is written. */
export function proxyForm(variable: string): string {
  return `Set ${variable} to \`http://host:port\`, or \`http://user:password@host:port\` with both percent-encoded.`;
}

/** Whether a name or an address is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

/**
 * The list as curl reads it: `*` is everything, `contoso.com`, `.contoso.com` and `*.contoso.com` are the host and all below
 * it, `host:443` is that port alone, `10.0.0.0/8` is a network of addresses.
 */
function readNoProxy(list: string): (target: URL) => boolean {
  const entries = list.toLowerCase().split(/[\s,]+/);
  const rules = entries.filter((entry) => entry !== '').map(readEntry);
  return (target) => rules.some((isMeant) => isMeant(target));
}

function readEntry(entry: string): (target: URL) => boolean {
  if (entry === '*') return () => true;
  const network = readNetwork(entry);
  if (network !== undefined) return ({ hostname }) => isWithin(network, hostname);
  const [, host = entry, port] = /^(.+?)(?::(\d{1,5}))?$/.exec(entry.replace(/^\*?\./, '')) ?? [];
  return (target) => {
    const isPort = port === undefined || port === (target.port || '443');
    // A name may end in the dot of the root.
    const name = target.hostname.replace(/\.$/, '');
    return isPort && (name === host || name.endsWith(`.${host}`));
  };
}

function readNetwork(entry: string): BlockList | undefined {
  const [address = '', given] = entry.split('/');
  const family = isIP(address);
  // An IPv6 address has many forms, and its last colon is none in front of a port.
  const prefix = given ?? (family === 6 ? '128' : '');
  const bits = Number(prefix);
  if (family === 0 || !/^\d{1,3}$/.test(prefix) || bits > (family === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return network;
}

function isWithin(network: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  return family !== 0 && network.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
