import type { DescribedRequest } from '../../http/api-descriptor.ts';
import { pathSegments } from './advanced/directory-path.ts';

function text(body: unknown, name: string): string | undefined {
  const value =
    typeof body === 'object' && body !== null ? Object.entries(body).find(([key]) => key === name)?.[1] : '';
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Natural keys by collection: what an object can be found with when its id never arrived. */
const naturalKeys: Readonly<Record<string, readonly string[]>> = {
  users: ['userPrincipalName'],
  groups: ['uniqueName', 'mailNickname', 'displayName'],
  devices: ['deviceId'],
  applications: ['uniqueName', 'displayName'],
  serviceprincipals: ['appId'],
  invitations: ['invitedUserEmailAddress'],
};

function lookUp(collection: string, body: unknown): string | undefined {
  const key = naturalKeys[collection]?.find((name) => text(body, name) !== undefined);
  if (key === undefined) return undefined;
  const value = text(body, key)?.replaceAll("'", "''");
  if (collection === 'invitations') {
    return `Look for the guest with GET /users?$filter=mail eq '${value}' before inviting again.`;
  }
  const path = collection === 'serviceprincipals' ? 'servicePrincipals' : collection;
  return `Look for it with GET /${path}?$filter=${key} eq '${value}' before doing it again.`;
}

/** How to find out whether a write whose answer was lost took effect: one sentence. */
export function howToCheck({ method, wirePath, body }: DescribedRequest): string | undefined {
  const segments = pathSegments(wirePath);
  const [collection = ''] = segments;
  const last = segments.at(-1) ?? '';
  if (last === 'sendmail' || last === 'send') return 'Look into the Sent Items folder before sending it again.';
  if (last === 'addpassword') {
    return 'Read passwordCredentials of the application and remove a secret whose text you do not have before adding one.';
  }
  if (last === 'assignlicense') return 'Read assignedLicenses of the object before doing it again.';
  if (last === '$ref') return `Read the list /${segments.slice(0, -1).join('/')} before doing it again.`;
  return method === 'POST' && segments.length === 1 ? lookUp(collection, body) : undefined;
}
