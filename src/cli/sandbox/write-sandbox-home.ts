import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../../core/base/clouds.ts';
import { createPrivateFolder } from '../../core/base/create-private-folder.ts';
import { AppError } from '../../core/base/errors.ts';
import { replacePrivateFile } from '../../core/base/private-file.ts';
import { claimSandboxHome } from '../../runtime/config/sandbox-home.ts';
import type { TenantAccess } from '../../sandbox/sandbox.ts';
import { sandboxConnection } from './sandbox-connection.ts';

const firstLine = '# Written by "tenantry sandbox" at every start: where its tenant listens.';

/** The addresses of a cloud as `clouds` of tenantry.yaml has them. */
export function cloudSection(cloud: Cloud) {
  return {
    login: cloud.login,
    graph: cloud.graph,
    resource_manager: cloud.resourceManager,
    devops: cloud.devops,
    data_plane: cloud.dataPlane,
  };
}

/** The ready connection of a tenant: `sandbox` for the first, `sandbox-fabrikam` for another. */
export function readyConnectionName({ label }: TenantAccess, index: number): string {
  return index === 0 ? 'sandbox' : `sandbox-${label}`;
}

/**
 * Makes a home whose commands work on the sandbox that listens, with a ready connection for each tenant; that of the first
 * is the same as `--sandbox` has.
 */
export async function writeSandboxHome(home: string, cloud: Cloud, tenants: readonly TenantAccess[]): Promise<void> {
  claimSandboxHome(home);
  const file = join(home, 'tenantry.yaml');
  if (existsSync(file) && !readFileSync(file, 'utf8').startsWith(firstLine)) {
    throw new AppError('configuration', `${file} was written by somebody else, and is not replaced.`, {
      hint: 'Name another folder with --home, or move the file away.',
    });
  }
  const secrets = join(home, 'secrets');
  createPrivateFolder(secrets);
  const connections = await Promise.all(
    tenants.map(async (tenant, index) => {
      const name = readyConnectionName(tenant, index);
      const secretFile = join(secrets, `${name}-client-secret`);
      await replacePrivateFile(secretFile, `${tenant.credentials.clientSecret}\n`);
      const { identity, secrets: _literal, ...connection } = sandboxConnection(cloud, tenant.credentials, name);
      return { ...connection, ...identity, client_secret: { file: secretFile } };
    }),
  );
  // With several tenants, a read may try all of them at once.
  const policy = tenants.length > 1 ? { policy: { fan_out: true } } : {};
  const config = { clouds: { [cloud.name]: cloudSection(cloud) }, connections, ...policy };
  // JSON is YAML.
  await replacePrivateFile(file, `${firstLine}\n${JSON.stringify(config, null, 2)}\n`);
}

/** Writes the certificate that clients of a sandbox with TLS have to trust; resolves with its path. */
export async function writeAuthority(home: string, authority: string): Promise<string> {
  const file = join(home, 'sandbox-ca.pem');
  await replacePrivateFile(file, authority);
  return file;
}
