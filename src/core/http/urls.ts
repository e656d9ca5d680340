import { type Cloud, isLoopbackHttp } from '../base/clouds.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { isPublicHost } from '../base/public-address.ts';
import type { UrlRequest } from './api-client.ts';
import type { ApiDescriptor } from './api-descriptor.ts';
import {
  checkAddressText,
  checkPath,
  encodeUnsafe,
  formatQuery,
  invalidUrl,
  mergeQuery,
  parseQueryText,
  type QueryOption,
  queryRecord,
  readQueryParams,
  splitOutsideQuotes,
  unsafeInPath,
} from './url-text.ts';

/** Where a request goes, with the parts that descriptors look at. */
export interface ResolvedUrl {
  readonly url: string;
  /** Below root and version, without query. */
  readonly wirePath: string;
  /** Decoded, by name; the last one wins. */
  readonly query: Readonly<Record<string, string>>;
}

/** Builds the addresses of one connection and API, and knows which of them may have the token. */
export interface UrlBuilder {
  /** Throws `invalid_argument` on anything that is not an address of this API in this cloud. */
  resolve(request: UrlRequest): ResolvedUrl;
  /** Whether a URL is below a root of the connection's cloud, so that it may be sent the token. */
  isTrusted(url: string): boolean;
}

interface Root {
  /** Scheme and authority as sent: `https://graph.microsoft.com`. */
  readonly origin: string;
  readonly scheme: string;
  /** Host with its port unless that is the default one; lower case. */
  readonly host: string;
  /** Empty, or beginning with `/`. */
  readonly path: string;
}

interface Absolute {
  readonly scheme: string;
  readonly host: string;
  readonly rest: string;
}

/** Splits an absolute URL without interpreting it, so that nothing is normalised away before it is checked. */
function splitAbsolute(text: string): Absolute | undefined {
  const match = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', authority = '', rest = ''] = match;
  const defaultPort = scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/;
  return { scheme: scheme.toLowerCase(), host: authority.toLowerCase().replace(defaultPort, ''), rest };
}

function parseRoot(address: string): Root {
  const absolute = splitAbsolute(address);
  if (absolute === undefined) {
    throw new AppError('configuration', 'An address of the cloud is not an http(s) URL.', {
      hint: 'Correct the addresses of the cloud in tenantry.yaml.',
    });
  }
  const { scheme, host, rest } = absolute;
  return { origin: `${scheme}://${host}`, scheme, host, path: rest.replace(/\/+$/, '') };
}

function isBelow(absolute: Absolute, root: Root): boolean {
  const { scheme, host, rest } = absolute;
  return (
    scheme === root.scheme &&
    host === root.host &&
    rest.startsWith(root.path) &&
    /^(?:[/?]|$)/.test(rest.slice(root.path.length))
  );
}

interface Base {
  readonly root: Root;
  readonly version: string;
}

/** Reads `settings.base_url`: a root of the same cloud, optionally with the version at its end. */
function parseBase(descriptor: ApiDescriptor, cloud: Cloud, baseUrl: string | undefined): Base {
  const root = parseRoot(descriptor.root(cloud));
  if (baseUrl === undefined || descriptor.versioning.place !== 'path') {
    return { root, version: descriptor.versioning.default };
  }
  const given = splitAbsolute(baseUrl);
  const below = given !== undefined && isBelow(given, root) ? given.rest.slice(root.path.length) : undefined;
  const version = below?.replace(/^\/|\/$/g, '');
  if (version === undefined || (version !== '' && !descriptor.versioning.pattern.test(version))) {
    throw new AppError('configuration', `settings.base_url is not an address of ${descriptor.title} in this cloud.`, {
      hint: `Use ${root.origin}${root.path} with the version at its end, or leave base_url out.`,
    });
  }
  return { root, version: version === '' ? descriptor.versioning.default : version };
}

/** The part of a relative address that could be mistaken for a host or a scheme. */
function checkFirstSegment(path: string): void {
  const [first = ''] = path.replace(/^\//, '').split(/[/(]/);
  if (first === '') throw invalidUrl('it names no resource');
  if (/[@:]|%40|%3a/i.test(first)) throw invalidUrl('its first segment looks like a host or a scheme');
}

/** `#` is escaped where it belongs to a name: guests are called `ada_example.com#EXT#@contoso.example`. */
function encodePath(path: string): string {
  const named = path.replace(/#EXT#/gi, (match) => match.replaceAll('#', '%23'));
  if (splitOutsideQuotes(named, '#').length > 1) throw invalidUrl('it has a fragment (#)', 'escape a literal # as %23');
  return encodeUnsafe(named, unsafeInPath);
}

function toRecord(options: readonly QueryOption[]): Record<string, string> {
  return queryRecord(options.map(({ name, value }) => [name, value] as const));
}

class ApiUrlBuilder implements UrlBuilder {
  readonly #descriptor: ApiDescriptor;
  readonly #base: Base;
  readonly #trusted: readonly Root[];

  constructor(descriptor: ApiDescriptor, cloud: Cloud, baseUrl: string | undefined) {
    this.#descriptor = descriptor;
    this.#base = parseBase(descriptor, cloud, baseUrl);
    this.#trusted = [this.#base.root, ...(descriptor.otherRoots?.(cloud) ?? []).map(parseRoot)];
  }

  isTrusted(url: string): boolean {
    const absolute = splitAbsolute(url);
    return absolute !== undefined && this.#trusted.some((root) => isBelow(absolute, root));
  }

  resolve(request: UrlRequest): ResolvedUrl {
    const text = request.path.trim();
    checkAddressText(text);
    return request.verbatim ? this.#resolveLink(text, request.foreign === true) : this.#resolveAddress(text, request);
  }

  /** A link of the service is opaque: it is checked and then used byte for byte. */
  #resolveLink(link: string, mayBeForeign: boolean): ResolvedUrl {
    if (mayBeForeign && !this.isTrusted(link)) return this.#resolveForeign(link);
    const absolute = this.#splitBelow(link, this.#trusted);
    if (absolute.rest.includes('#')) throw invalidUrl('it has a fragment (#)');
    const at = absolute.rest.indexOf('?');
    const path = at < 0 ? absolute.rest : absolute.rest.slice(0, at);
    checkPath(path);
    const query = at < 0 ? '' : absolute.rest.slice(at + 1);
    const { path: wirePath } = this.#splitVersion(path.slice(this.#base.root.path.length));
    return { url: link, wirePath, query: queryRecord(new URLSearchParams(query)) };
  }

  /**
   * Another host, by name and over https; over http only on this machine, when the API itself is there. Names without a
   * dot and bare addresses belong to internal networks, where the service has no reason to send us.
   */
  #resolveForeign(link: string): ResolvedUrl {
    const url = URL.parse(link);
    const isLocal = isLoopbackHttp(link) && isLoopbackHttp(this.#base.root.origin);
    const isPublicName =
      url?.protocol === 'https:' &&
      /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+$/i.test(url.hostname) &&
      isPublicHost(url.hostname);
    if (url === null || url.username !== '' || url.password !== '' || !(isLocal || isPublicName)) {
      throw invalidUrl('it is not an https address of a public host');
    }
    return { url: link, wirePath: url.pathname, query: Object.fromEntries(url.searchParams) };
  }

  #splitBelow(text: string, roots: readonly Root[]): Absolute {
    const absolute = splitAbsolute(text);
    if (absolute === undefined) throw invalidUrl('it is not an http(s) URL');
    if (!roots.some((root) => isBelow(absolute, root))) {
      const { origin, path } = this.#base.root;
      throw invalidUrl(
        "its host or scheme is not the one of the connection's cloud",
        `use a path such as /users, or a URL that begins with ${origin}${path}/`,
      );
    }
    return absolute;
  }

  #resolveAddress(text: string, request: UrlRequest): ResolvedUrl {
    const isAbsolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
    const local = isAbsolute ? this.#splitBelow(text, [this.#base.root]).rest.slice(this.#base.root.path.length) : text;
    const at = local.indexOf('?');
    const rawPath = at < 0 ? local : local.slice(0, at);
    if (rawPath.startsWith('//')) throw invalidUrl('it begins with //');
    const { version: inPath, path } = this.#splitVersion(rawPath.startsWith('/') ? rawPath : `/${rawPath}`);
    const version = this.#chooseVersion(inPath, request.apiVersion);
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path;
    checkPath(trimmed);
    checkFirstSegment(trimmed);
    const wirePath = encodePath(trimmed);
    const twice = this.#descriptor.encodesSearchTwice?.(version) ?? false;
    const typed = at < 0 ? [] : parseQueryText(local.slice(at + 1), twice);
    const options = this.#withVersion(mergeQuery(typed, readQueryParams(request.params, twice)), version, request);
    const { root } = this.#base;
    const prefix = this.#descriptor.versioning.place === 'path' ? `/${version}` : '';
    const query = options.length === 0 ? '' : `?${formatQuery(options)}`;
    const url = `${root.origin}${root.path}${prefix}${wirePath}${query}`;
    checkAddressText(url);
    return { url, wirePath, query: toRecord(options) };
  }

  /** A leading version segment is taken as the version: people paste paths as the documentation writes them. */
  #splitVersion(path: string): { version: string | undefined; path: string } {
    const { place, pattern } = this.#descriptor.versioning;
    const match = place === 'path' ? /^\/([^/]+)(\/.*)?$/s.exec(path) : null;
    const first = match?.[1]?.toLowerCase();
    return first !== undefined && pattern.test(first)
      ? { version: first, path: match?.[2] ?? '/' }
      : { version: undefined, path };
  }

  #chooseVersion(inPath: string | undefined, asked: string | undefined): string {
    const { pattern, hint } = this.#descriptor.versioning;
    if (asked !== undefined && !pattern.test(asked)) {
      throw invalidArgument('The API version is not valid.', `For api_version, ${hint}.`);
    }
    if (asked !== undefined && inPath !== undefined && asked !== inPath) {
      throw invalidArgument(
        'The address and api_version name different versions.',
        'Leave the version out of the address, or leave api_version out.',
      );
    }
    return asked ?? inPath ?? this.#base.version;
  }

  #withVersion(options: QueryOption[], version: string, request: UrlRequest): QueryOption[] {
    const { place, parameter } = this.#descriptor.versioning;
    if (place === 'path' || parameter === undefined) return options;
    const present = options.some(({ name }) => name.toLowerCase() === parameter);
    return present && request.apiVersion === undefined
      ? options
      : mergeQuery(options, readQueryParams({ [parameter]: version }, false));
  }
}

export function createUrlBuilder(descriptor: ApiDescriptor, cloud: Cloud, baseUrl?: string): UrlBuilder {
  return new ApiUrlBuilder(descriptor, cloud, baseUrl);
}
