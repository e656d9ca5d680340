import type { SandboxRequest } from '../../base/service.ts';
import { setOfType } from '../model/navigation.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';

/** `@odata.context` of a response. */
export function contextOf(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  select: readonly string[] | undefined,
  type = parsed.type ?? '',
): string {
  const { isCollection, suffix } = parsed;
  if (suffix === '$ref') return metadataAddress(isCollection ? 'Collection($ref)' : '$ref', parsed, request);
  const set = setOfType.get(type) ?? navigationSet(parsed);
  const selection = select && select.length > 0 ? `(${select.join(',')})` : '';
  return metadataAddress(`${set}${selection}${isCollection ? '' : '/$entity'}`, parsed, request);
}

/** `@odata.context` with a given name. */
export function metadataAddress(place: string, { version }: ParsedGraphPath, { base }: SandboxRequest): string {
  return `${base}/${version}/$metadata#${place}`;
}

/** Contained entities are named by their path: `users('{id}')/licenseDetails`. */
function navigationSet(parsed: ParsedGraphPath): string {
  const [set = '', ...rest] = parsed.names;
  const key = parsed.keys[0]?.value;
  return key === undefined ? set : `${set}('${encodeURIComponent(key)}')/${rest.join('/')}`;
}

/** The advice returned with whole objects. */
export function selectTip(parsed: ParsedGraphPath, type: string): Record<string, string> {
  if (!setOfType.has(type) || parsed.names[0] === 'auditLogs') return {};
  const path = parsed.names.join('/');
  const example = type === 'directoryObject' ? 'deletedDateTime' : 'displayName';
  return {
    '@microsoft.graph.tips': `Use $select to choose only the properties your app needs, as this can lead to performance improvements. For example: GET ${path}?$select=${example}`,
  };
}
