import { namesOf } from '../../base/names.ts';
import { badRequest, GraphError } from '../graph-error.ts';
import { modelTypes } from '../model/navigation.ts';
import { findProperty, memberTypesOf, parseSelect, unknownProperty } from './select.ts';

/** A relationship expanded in its owner, with at most 20 objects. */
export interface Expansion {
  readonly navigation: string;
  readonly select: readonly string[] | undefined;
  /** `$levels=max`: the manager's manager, and so on. */
  readonly levels: boolean;
}

/** Navigation properties that can be expanded. Source: "Customize responses with query parameters", `$expand`. */
const expandable: Readonly<Record<string, readonly string[]>> = {
  administrativeUnit: ['members'],
  application: ['owners', 'federatedIdentityCredentials'],
  device: ['memberOf', 'registeredOwners', 'registeredUsers', 'transitiveMemberOf'],
  directoryRole: ['members'],
  group: ['appRoleAssignments', 'memberOf', 'members', 'owners', 'transitiveMemberOf', 'transitiveMembers'],
  orgContact: ['directReports', 'manager', 'memberOf', 'transitiveMemberOf'],
  servicePrincipal: namesOf(`
    appRoleAssignedTo appRoleAssignments createdObjects memberOf oauth2PermissionGrants ownedObjects owners
    transitiveMemberOf`),
  user: namesOf(`
    appRoleAssignments createdObjects directReports manager memberOf ownedDevices ownedObjects registeredDevices
    transitiveMemberOf`),
};

/** Relationships with a documented `$select` in parentheses. */
const selectable = ['manager', 'members', 'owners', 'directReports', 'memberOf', 'registeredOwners'];

/**
 * Reads an `$expand`: one relationship, one level, and no nested options except `$select` (and `$levels` of the
 * manager).
 */
export function parseExpand(text: string, type: string): Expansion {
  const match = /^\s*(\w+)\s*(?:\(([^()]*)\))?\s*$/s.exec(text);
  if (!match) {
    const isList = /^\s*\w+(\([^()]*\))?\s*,/s.test(text);
    throw badRequest(
      isList
        ? 'Parsing OData Select and Expand failed: only one relationship can be expanded.'
        : `Parsing OData Select and Expand failed: Syntax error in '${text}'.`,
    );
  }
  const [, name = '', inner = ''] = match;
  const navigation = findExpandable(name, type);
  const options = readOptions(inner, navigation);
  const target = modelTypes[type]?.navigation[navigation]?.replace('*', '') ?? 'directoryObject';
  return {
    navigation,
    select: parseSelect(options.get('$select'), { type: target, isCollection: false }),
    levels: options.has('$levels'),
  };
}

function findExpandable(name: string, type: string): string {
  const same = (one: string) => one.toLowerCase() === name.toLowerCase();
  for (const member of memberTypesOf(type)) {
    const found = expandable[member]?.find(same);
    if (found) return found;
  }
  const model = modelTypes[type];
  const exists = Object.keys(model?.navigation ?? {}).some(same) || model?.known?.split(' ').some(same);
  if (exists || findProperty(type, name)) throw expandNotSupported(name);
  throw unknownProperty(name, type, 'Parsing OData Select and Expand failed: ');
}

function readOptions(inner: string, navigation: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const part of inner.split(';')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
    const value = part.slice(at + 1).trim();
    const isAllowed =
      (name === '$select' && selectable.includes(navigation)) ||
      (name === '$levels' && navigation === 'manager' && isLevels(value));
    if (!isAllowed) throw badRequest(`The query option '${name || part}' is not supported inside $expand.`);
    options.set(name, value);
  }
  return options;
}

/** `max`, or 1 to 1,000. Source: "List manager". */
function isLevels(value: string): boolean {
  return value === 'max' || (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 1_000);
}

export function expandNotSupported(name: string): GraphError {
  const message = `Expand is not allowed for property '${name}' according to the entity schema.`;
  return new GraphError(400, 'ExpandNotSupported', message);
}
