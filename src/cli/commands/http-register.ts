import { builtInClouds } from '../../core/base/clouds.ts';
import { isGuid } from '../../core/base/guid.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { loadConfig } from '../../runtime/config/load-config.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { registrationScript } from '../register/commands.ts';

export interface RegisterFlags extends CommonFlags {
  /** How clients will reach the server. */
  readonly publicUrl?: string;
  /** Tenant that the app is registered in. */
  readonly tenant?: string;
}

const example = 'tenantry http --register --public-url https://tenantry.contoso.com --tenant <tenant id>';

/** `tenantry http --register`: prints how the app of the server is registered, and changes nothing itself. */
export async function runRegister(flags: RegisterFlags): Promise<number> {
  const { config, error } = await loadConfig({ flags, sandbox: false });
  if (error !== undefined) throw error;
  const { signIn, publicUrl: configured } = config.http ?? {};
  const [home, ...others] = flags.tenant === undefined ? (signIn?.tenants ?? []) : [flags.tenant];
  const address = flags.publicUrl ?? configured;
  if (address === undefined && home === undefined) {
    throw new UsageError('Say how clients will reach the server, and the tenant to register it in.', example);
  }
  const publicUrl = originOf(address);
  if (home === undefined || !isGuid(home)) {
    throw new UsageError('Name the tenant by its id: az account show --query tenantId --output tsv.', example);
  }
  const cloud = signIn?.cloud ?? config.clouds.get('public') ?? builtInClouds['public'];
  if (cloud === undefined) throw new UsageError('There is no cloud to register in.', example);
  const own = signIn && `api://${signIn.clientId}`;
  const applicationIdUri = signIn?.applicationIdUri === own ? undefined : signIn?.applicationIdUri;
  const known = withoutUndefined({ clientId: signIn?.clientId, applicationIdUri });
  process.stdout.write(`${registrationScript({ publicUrl, tenants: [home, ...others], cloud, ...known })}\n`);
  return exitCodes.success;
}

/** It goes into commands, so only what cannot mean anything else there is taken. */
function originOf(address: string | undefined): string {
  if (address === undefined) {
    throw new UsageError('Say how clients will reach the server: --public-url https://tenantry.contoso.com.', example);
  }
  const url = URL.parse(address);
  const isPlain = /^https:\/\/[\w.:-]+(?:\/[\w./-]*)?$/.test(address);
  if (url === null || !isPlain) {
    const message =
      'Clients reach the server by https://, a host and perhaps a path: --public-url is not such an address.';
    throw new UsageError(message, example);
  }
  if (/\/mcp\/*$/.test(url.pathname)) {
    throw new UsageError('Name the --public-url without /mcp, which clients add.', example);
  }
  return url.href.replace(/\/+$/, '');
}
