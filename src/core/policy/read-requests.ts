import { isRecord, member, parseRecord, textOf } from '../base/guards.ts';
import { type HttpMethod, httpMethods } from '../http/api-client.ts';
import type { AskedRequest } from '../http/permit.ts';
import { queryRecord } from '../http/url-text.ts';
import { type Address, type PolicyRequest, splitPath, unknownRest, unknownSegment } from './addresses/address.ts';
import { armAddress, armImpliedChanges } from './addresses/arm-address.ts';
import { expandedAddresses, foundByIds, graphAddresses } from './addresses/graph-address.ts';
import { lowerKeys } from './addresses/lower-keys.ts';
import { type PolicyService, policyServices } from './policy.ts';

type Asked = Omit<AskedRequest, 'api'> & { readonly service: PolicyService };

/**
 * Everything that a request does, in canonical form: the items of a batch one by one, and what follows from a body. Empty
 * for APIs that rules do not speak about.
 */
export function readRequests(asked: AskedRequest): readonly PolicyRequest[] {
  const service = policyServices.find((one) => one === asked.api);
  return service === undefined ? [] : expand({ ...asked, service }, 0);
}

function expand(asked: Asked, depth: number): readonly PolicyRequest[] {
  const { service, wirePath } = asked;
  const [envelope, read] = service === 'graph' ? (['$batch', fromGraph] as const) : (['batch', fromArm] as const);
  const own = service === 'graph' ? graphAddresses(wirePath)[0] : armAddress(wirePath);
  if (service !== 'devops') return isEnvelope(own, envelope) ? items(asked, depth) : read(asked);
  return [{ ...common(asked), addresses: [splitPath(wirePath)], body: lowerKeys(asked.body), isImplied: false }];
}

function isEnvelope(address: Address, name: string): boolean {
  return address.length === 1 && address[0] === name;
}

function common({ service, method, query, isRead }: Asked) {
  return { service, method: method === 'HEAD' ? ('GET' as const) : method, query, isRead };
}

/** https://learn.microsoft.com/graph/json-batching; Resource Manager has an envelope of the same kind. */
function items(asked: Asked, depth: number): readonly PolicyRequest[] {
  const { body, service } = asked;
  const content = typeof body === 'string' ? parseRecord(body) : body;
  // Resource Manager reads names without case.
  const requests = member(service === 'arm' ? lowerKeys(content) : content, 'requests');
  if (!Array.isArray(requests) || depth > 0) return [opaque(asked)];
  return requests.flatMap((item) => {
    const given = textOf(member(item, 'method')) || textOf(member(item, 'httpmethod')) || 'GET';
    const method = httpMethods.find((one) => one === given.toUpperCase());
    const url = textOf(member(item, 'url')) || textOf(member(item, 'relativeurl'));
    if (method === undefined || url === '') return [opaque(asked)];
    return expand(itemRequest(asked, method, url, item), depth + 1).map((request) => ({ ...request, service }));
  });
}

function itemRequest(asked: Asked, method: HttpMethod, url: string, item: unknown): Asked {
  const [path = '', query = ''] = url.split('?', 2);
  const headers = member(item, 'headers');
  return {
    ...asked,
    method,
    wirePath: path.replace(/^https?:\/\/[^/]*/i, ''),
    query: queryRecord(new URLSearchParams(query)),
    headers: isRecord(headers)
      ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      : {},
    body: member(item, 'body') ?? member(item, 'content'),
    // The envelope reads only if all of its items do.
    isRead: asked.isRead || method === 'GET' || method === 'HEAD',
  };
}

/** An envelope that cannot be read may hold anything. */
function opaque(asked: Asked): PolicyRequest {
  return { ...common(asked), isRead: false, addresses: [[unknownRest]], body: asked.body, isImplied: false };
}

function fromGraph(asked: Asked): readonly PolicyRequest[] {
  const { body: given, query, wirePath } = asked;
  const body = typeof given === 'string' ? (readJsonText(given) ?? given) : given;
  const [own, ...others] = graphAddresses(wirePath);
  const request: PolicyRequest = {
    ...common(asked),
    addresses: [own, ...others, ...expandedAddresses(own, query)],
    body,
    isImplied: false,
  };
  const found = foundByIds(own, body).map(
    (address): PolicyRequest => ({ ...request, method: 'GET', isRead: true, addresses: [address], isImplied: true }),
  );
  return request.isRead ? [request, ...found] : [request, ...found, ...upserted(asked, own), ...bound(request, own)];
}

/** JSON text with a member twice may mean either: it counts as text that cannot be read. */
function readJsonText(text: string): Readonly<Record<string, unknown>> | undefined {
  const record = parseRecord(text);
  if (record === undefined) return undefined;
  const plain = text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const names = Array.from(plain.matchAll(/"([^"\\]*)"\s*:/g), ([, name = '']) => name.toLowerCase());
  const isTwice = Object.keys(record).some((name) => {
    const lower = name.toLowerCase();
    return names.indexOf(lower) !== names.lastIndexOf(lower);
  });
  return isTwice ? undefined : record;
}

/** `Prefer: create-if-missing` makes what is not there, as a POST to the collection would. */
function upserted(asked: Asked, own: Address): readonly PolicyRequest[] {
  // A header may be given twice, in different case: nobody can tell which of them the service takes.
  const isPreferred = Object.entries(asked.headers ?? {}).some(
    ([name, value]) => name.toLowerCase() === 'prefer' && /create-if-missing/i.test(value),
  );
  const isUpsert = (asked.method === 'PATCH' || asked.method === 'PUT') && isPreferred;
  return isUpsert ? [{ ...common(asked), method: 'POST', addresses: [own.slice(0, -1)], isImplied: true }] : [];
}

/** References inside a body: `members@odata.bind` adds members as a POST to `members/$ref` would. */
function bound({ body, method, ...request }: PolicyRequest, own: Address): readonly PolicyRequest[] {
  if (typeof body === 'string' && body !== '' && own[0] === 'groups' && own.length < 3) {
    // What cannot be read may refer to anything.
    return [{ ...request, method: 'POST', addresses: [[...own, unknownRest]], isImplied: true }];
  }
  if (!isRecord(body)) return [];
  const holder = method === 'POST' && own.length % 2 === 1 ? [...own, unknownSegment] : own;
  return Object.keys(body).flatMap((name) => {
    const relation = /^(.+)@odata\.bind$/i.exec(name)?.[1]?.toLowerCase();
    const address = relation === undefined ? undefined : [...holder, relation, '$ref'];
    return address === undefined
      ? []
      : [{ ...request, method: 'POST' as const, addresses: [address] as const, isImplied: true }];
  });
}

function fromArm(asked: Asked): readonly PolicyRequest[] {
  const { body: given, wirePath } = asked;
  const body = lowerKeys(typeof given === 'string' ? (parseRecord(given) ?? given) : given);
  const own = armAddress(wirePath);
  const request: PolicyRequest = { ...common(asked), addresses: [own], body, isImplied: false };
  if (request.isRead) return [request];
  const implied = armImpliedChanges(own, body, asked.query).map(
    ({ service, method, address, body: inner }): PolicyRequest => ({
      ...request,
      service: service ?? 'arm',
      method,
      addresses: [address],
      body: inner,
      isImplied: true,
    }),
  );
  return [request, ...implied];
}
