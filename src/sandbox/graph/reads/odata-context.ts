import type { SandboxRequest } from '../../service.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import type { EntitySource } from './entity-source.ts';

/** Entity set that a type's objects belong to, for `@odata.context`. */
const setOfType: Readonly<Record<string, string>> = {
  administrativeUnit: 'directory/administrativeUnits',
  application: 'applications',
  device: 'devices',
  directoryAudit: 'auditLogs/directoryAudits',
  directoryObject: 'directoryObjects',
  directoryRole: 'directoryRoles',
  domain: 'domains',
  group: 'groups',
  oAuth2PermissionGrant: 'oauth2PermissionGrants',
  orgContact: 'contacts',
  organization: 'organization',
  servicePrincipal: 'servicePrincipals',
  signIn: 'auditLogs/signIns',
  subscribedSku: 'subscribedSkus',
  user: 'users',
};

/** `@odata.context` of an answer. */
export function contextOf(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  select: readonly string[] | undefined,
  type = parsed.type ?? '',
): string {
  const root = `${request.base}/${parsed.version}/$metadata#`;
  if (parsed.suffix === '$ref') return parsed.isCollection ? `${root}Collection($ref)` : `${root}$ref`;
  const set = setOfType[type] ?? navigationSet(parsed);
  const selection = select && select.length > 0 ? `(${select.join(',')})` : '';
  return `${root}${set}${selection}${parsed.isCollection ? '' : '/$entity'}`;
}

/** Contained entities are named by the way to them: `users('{id}')/licenseDetails`. */
function navigationSet(parsed: ParsedGraphPath): string {
  const [set = '', ...rest] = parsed.names;
  const key = parsed.keys[0]?.value;
  return key === undefined ? set : `${set}('${encodeURIComponent(key)}')/${rest.join('/')}`;
}

/** The advice that comes with whole objects. */
export function selectTip(parsed: ParsedGraphPath, source: Pick<EntitySource, 'type'>): Record<string, string> {
  if (!(source.type in setOfType) || parsed.names[0] === 'auditLogs') return {};
  const path = parsed.names.join('/');
  const example = source.type === 'directoryObject' ? 'deletedDateTime' : 'displayName';
  return {
    '@microsoft.graph.tips': `Use $select to choose only the properties your app needs, as this can lead to performance improvements. For example: GET ${path}?$select=${example}`,
  };
}
