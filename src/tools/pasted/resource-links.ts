import { guidPattern } from '../../core/base/guid.ts';

// Links to pages about a resource, which hold its id. A page of the public cloud's portal says nothing about the host of the
// API: its id is read in the cloud of the connection. Pages of other clouds name theirs, so that it is compared.

const portal = /^(?:[a-z0-9-]+\.)?portal\.azure\.(com|us|cn)$/;
const studio = /^(?:ml|ai)\.azure\.(com|us|cn)$/;

const apiOf: Readonly<Record<string, string>> = {
  com: '',
  us: 'https://management.usgovcloudapi.net',
  cn: 'https://management.chinacloudapi.cn',
};

/** The address of the resource that a link to the Azure portal or to the studio is about; undefined for any other text. */
export function resourceOfLink(text: string): string | undefined {
  const url = /^https:\/\//i.test(text) ? URL.parse(text) : null;
  if (url === null) return undefined;
  const ofPortal = portal.exec(url.hostname)?.[1];
  const ofStudio = studio.exec(url.hostname)?.[1];
  const id = ofPortal !== undefined ? idInHash(url.hash) : ofStudio !== undefined ? url.searchParams.get('wsid') : null;
  const resource = id === null || id === undefined ? undefined : resourceId(id);
  return resource === undefined ? undefined : `${apiOf[ofPortal ?? ofStudio ?? ''] ?? ''}${resource}`;
}

/** `#@tenant/resource/subscriptions/…/overview`, or a blade with the id among its inputs, where it is encoded. */
function idInHash(hash: string): string | undefined {
  const encoded = /%(?:25)?2Fsubscriptions%(?:25)?2F[^/?&]+/i.exec(hash)?.[0];
  return encoded === undefined ? /\/subscriptions\/[^?]+/i.exec(hash)?.[0] : decoded(decoded(encoded));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The id without the name of the page at its end: after the provider, types and names come in pairs. */
function resourceId(text: string): string | undefined {
  const segments =
    text
      .split(/[?#]/, 1)[0]
      ?.split('/')
      .filter((segment) => segment !== '') ?? [];
  const [root = '', subscription = '', group = '', groupName] = segments;
  if (root.toLowerCase() !== 'subscriptions' || !guidPattern.test(subscription)) return undefined;
  let end = group.toLowerCase() === 'resourcegroups' && groupName !== undefined ? 4 : 2;
  while (segments[end]?.toLowerCase() === 'providers' && segments[end + 3] !== undefined) {
    end += 4;
    while (segments[end + 1] !== undefined && segments[end]?.toLowerCase() !== 'providers') end += 2;
  }
  return `/${segments.slice(0, end).map(decoded).map(encodeURIComponent).join('/')}`;
}
