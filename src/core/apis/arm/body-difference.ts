import { isRecord } from '../../base/guards.ts';
import { secretMark } from '../../secrets/answers/secret-shapes.ts';

type Json = Readonly<Record<string, unknown>>;

/** One value that a write would change. */
export interface PathChange {
  /** As in JMESPath: `properties.sku.name`, `tags."cost.center"`. */
  readonly path: string;
  /** `null` where there is nothing yet. */
  readonly from: unknown;
  /** `null` where it would be removed. */
  readonly to: unknown;
}

/**
 * What a body would change, value by value. Objects are compared property by property, as a merge does; lists are
 * replaced as a whole. Values that the service writes in its own way (case of ids, names of locations) are the same.
 */
export function bodyChanges(current: unknown, body: Json): readonly PathChange[] {
  return changesBelow('', isRecord(current) ? current : {}, body);
}

function changesBelow(base: string, current: Json, body: Json): readonly PathChange[] {
  return Object.entries(body).flatMap(([name, wanted]) => {
    const path = joinPath(base, name);
    const key = keyLike(current, name);
    const present = key === undefined ? undefined : current[key];
    if (isRecord(wanted) && (isRecord(present) || present === undefined) && Object.keys(wanted).length > 0) {
      return changesBelow(path, present ?? {}, wanted);
    }
    return isSame(path, present ?? null, wanted ?? null) ? [] : [{ path, from: present ?? null, to: wanted ?? null }];
  });
}

/** What only the service sets: never part of a body, and not removed by a PUT. */
const ofService =
  /^(?:id|name|type|etag|systemData|properties\.(?:provisioningState|.*(?:Time|Endpoints?|State|Status|Uri|Fqdn|fullyQualifiedDomainName)))$|^identity\.(?:principalId|tenantId)$/;

/** Current values that a PUT leaves out; the service may keep them, set defaults, or drop them. */
export function leftOutPaths(current: unknown, body: Json): readonly string[] {
  return leftOutBelow('', isRecord(current) ? current : {}, body);
}

function leftOutBelow(base: string, current: Json, body: Json): readonly string[] {
  return Object.entries(current).flatMap(([name, present]) => {
    const path = joinPath(base, name);
    const key = keyLike(body, name);
    const wanted = key === undefined ? undefined : body[key];
    if (wanted !== undefined) return isRecord(wanted) && isRecord(present) ? leftOutBelow(path, present, wanted) : [];
    return present === null || ofService.test(path) ? [] : ownPaths(path, present);
  });
}

/** An object that is left out is named as a whole, unless the service sets some of it. */
function ownPaths(path: string, value: unknown): readonly string[] {
  if (!isRecord(value)) return [path];
  const inside = leftOutBelow(path, value, {});
  const isWhole = Object.keys(value).every((name) => inside.includes(joinPath(path, name)));
  return isWhole ? [path] : inside;
}

/**
 * The part of a resource that a PUT may say again. Of the identities of users that it names, the service fills in the ids.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
 */
export function withoutServiceMembers(resource: Json): Json {
  return withoutServiceBelow('', resource);
}

function withoutServiceBelow(base: string, value: Json): Json {
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]) => [joinPath(base, name), name, one] as const)
      .filter(([path]) => !ofService.test(path))
      .map(([path, name, one]) => {
        if (path === 'identity.userAssignedIdentities' && isRecord(one)) {
          return [name, Object.fromEntries(Object.keys(one).map((id) => [id, {}]))];
        }
        return [name, isRecord(one) ? withoutServiceBelow(path, one) : one];
      }),
  );
}

function joinPath(base: string, name: string): string {
  const part = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
  return base === '' ? part : `${base}.${part}`;
}

/** Property names are compared without case: services return them in their own. */
export function keyLike(object: Json, name: string): string | undefined {
  if (Object.hasOwn(object, name)) return name;
  const wanted = name.toLowerCase();
  return Object.keys(object).find((key) => key.toLowerCase() === wanted);
}

function isSame(path: string, a: unknown, b: unknown): boolean {
  // What is hidden on both sides may be anything.
  if (b === secretMark) return false;
  if (typeof a !== 'string' || typeof b !== 'string') return canonical(a) === canonical(b);
  if (a === b) return true;
  // `West Europe` and `westeurope` are one location, and resource ids are compared without regard to case.
  if (path.toLowerCase() === 'location') {
    return a.replaceAll(' ', '').toLowerCase() === b.replaceAll(' ', '').toLowerCase();
  }
  return a.startsWith('/') && a.toLowerCase() === b.toLowerCase();
}

/** The same text for values that differ only in the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    isRecord(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}
