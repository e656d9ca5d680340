import type { Cloud } from '../base/clouds.ts';
import { withoutTrailingSlash } from '../base/clouds.ts';

/**
 * The login host of China answers under its old name, and issues under the new one:
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 */
const issuingHosts: Readonly<Record<string, string>> = {
  'https://login.chinacloudapi.cn': 'https://login.partner.microsoftonline.cn',
};

/** The host that issues the tokens of a cloud, without a trailing slash. */
export function issuingHostOf({ login }: Cloud): string {
  const host = withoutTrailingSlash(login);
  return issuingHosts[host] ?? host;
}

/** The issuer of a tenant's tokens of version 2.0, which is its authority for sign-in as well. */
export function issuerOf(cloud: Cloud, tenant: string): string {
  return `${issuingHostOf(cloud)}/${tenant.toLowerCase()}/v2.0`;
}
