import { AppError } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { createSandbox } from '../../sandbox/create-sandbox.ts';
import type { SandboxCredentials, TenantAccess } from '../../sandbox/sandbox.ts';
import { exitCodes } from '../exit-codes.ts';
import { openSandboxHome } from '../sandbox/sandbox-home.ts';
import { cloudSection, readyConnectionName, writeAuthority, writeSandboxHome } from '../sandbox/write-sandbox-home.ts';
import { sayStopped, untilSignal, within } from '../until.ts';

export interface SandboxFlags {
  readonly port: number;
  readonly users?: number;
  /** Number of tenants behind the same addresses. */
  readonly tenants?: number;
  /** Serve https, with a certificate made for this run. */
  readonly tls?: boolean;
  /** Home folder to keep; default is one that is gone with the process. */
  readonly home?: string;
}

/** `tenantry sandbox`: serves the tenant on a loopback port until a signal; one line of JSON says where. */
export async function runSandbox(flags: SandboxFlags): Promise<number> {
  const stop = untilSignal();
  const home = openSandboxHome(flags.home);
  const sandbox = createSandbox(withoutUndefined({ users: flags.users, tenants: flags.tenants }));
  try {
    const { url, cloud, authority } = await sandbox
      .listen(flags.port, { tls: flags.tls === true })
      .catch((error: unknown) => {
        throw cannotListen(error, flags.port);
      });
    const { tenants } = sandbox;
    const [first] = tenants;
    await writeSandboxHome(home.path, cloud, tenants);
    const line = {
      url,
      // For NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, --cacert and the like.
      ...(authority !== undefined && { certificate: await writeAuthority(home.path, authority) }),
      clouds: { [cloud.name]: cloudSection(cloud) },
      // Commands with --home of it have the ready connection `sandbox`, and see nothing but this tenant.
      home: home.path,
      // For tenants that exist only in this process.
      credentials: shownCredentials(sandbox.credentials),
      // As `http.sign_in` of tenantry.yaml has it, and `on_behalf_of` connections.
      ...(first !== undefined && { sign_in: shownSignIn(first, cloud.name) }),
      ...(tenants.length > 1 && { tenants: tenants.map(shownTenant) }),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    sayStopped(await stop.signalled);
    return exitCodes.success;
  } finally {
    stop.forget();
    await within(2_000, sandbox.close());
    home.close();
  }
}

function shownCredentials({ tenantId, subscriptionId, clientId, clientSecret, organization }: SandboxCredentials) {
  return {
    tenant_id: tenantId,
    subscription_id: subscriptionId,
    client_id: clientId,
    client_secret: clientSecret,
    organization,
  };
}

function shownSignIn({ signIn: { tenantId, clientId, clientSecret } }: TenantAccess, cloud: string) {
  return { cloud, tenants: [tenantId], client_id: clientId, client_secret: clientSecret };
}

function shownTenant(tenant: TenantAccess, index: number) {
  const { domain, credentials, signIn } = tenant;
  return {
    ...{ domain, connection: readyConnectionName(tenant, index), credentials: shownCredentials(credentials) },
    sign_in: { tenants: [signIn.tenantId], client_id: signIn.clientId, client_secret: signIn.clientSecret },
  };
}

function cannotListen(error: unknown, port: number): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  const reason = code === 'EADDRINUSE' ? 'the port is in use' : code;
  return new AppError('configuration', `The sandbox cannot listen on 127.0.0.1:${port}: ${reason}.`, {
    hint: 'Choose another --port, or 0 for any free one.',
    cause: error,
  });
}
