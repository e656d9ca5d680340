import type { ConnectionRecord } from '../record/connection.ts';
import { readClaims } from './token-claims.ts';

/** The older form is 52 letters and digits, the newer one has its issuer's mark near the end. */
const patShape = /^(?:[a-z0-9]{52}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})$/;

/**
 * Whether the token of a `bearer` connection is a personal access token of Azure DevOps. It says nothing about itself,
 * so it is known by its form, or by what the connection is for.
 */
export function isPersonalAccessToken(
  token: string,
  { auth_type, scopes, identity }: Pick<ConnectionRecord, 'auth_type' | 'scopes' | 'identity'>,
): boolean {
  if (auth_type !== 'bearer' || readClaims(token) !== undefined) return false;
  return patShape.test(token) || scopes.includes('devops') || identity.organization !== undefined;
}

/**
 * How a personal access token goes over the wire: as the password of nobody. As secret as the token itself.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
export function basicCredentials(token: string): string {
  return Buffer.from(`:${token}`).toString('base64');
}
