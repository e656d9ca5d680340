import { AppError } from '../../core/base/errors.ts';
import { createSandbox } from '../../sandbox/create-sandbox.ts';
import { exitCodes } from '../exit-codes.ts';
import { openSandboxHome } from '../sandbox/sandbox-home.ts';
import { cloudSection, writeAuthority, writeSandboxHome } from '../sandbox/write-sandbox-home.ts';
import { sayStopped, untilSignal, within } from '../until.ts';

export interface SandboxFlags {
  readonly port: number;
  readonly users?: number;
  /** Serve https, with a certificate made for this run. */
  readonly tls?: boolean;
  /** Home folder to keep; default is one that is gone with the process. */
  readonly home?: string;
}

/** `tenantry sandbox`: serves the tenant on a loopback port until a signal; one line of JSON says where. */
export async function runSandbox(flags: SandboxFlags): Promise<number> {
  const stop = untilSignal();
  const home = openSandboxHome(flags.home);
  const sandbox = createSandbox(flags.users === undefined ? {} : { users: flags.users });
  try {
    const { url, cloud, authority } = await sandbox
      .listen(flags.port, { tls: flags.tls === true })
      .catch((error: unknown) => {
        throw cannotListen(error, flags.port);
      });
    const { tenantId, subscriptionId, clientId, clientSecret, organization } = sandbox.credentials;
    await writeSandboxHome(home.path, cloud, sandbox.credentials);
    const line = {
      url,
      // For NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, --cacert and the like.
      ...(authority !== undefined && { certificate: await writeAuthority(home.path, authority) }),
      clouds: { [cloud.name]: cloudSection(cloud) },
      // Commands with --home of it have the ready connection `sandbox`, and see nothing but this tenant.
      home: home.path,
      // For a tenant that exists only in this process.
      credentials: {
        tenant_id: tenantId,
        subscription_id: subscriptionId,
        client_id: clientId,
        client_secret: clientSecret,
        organization,
      },
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

function cannotListen(error: unknown, port: number): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  const reason = code === 'EADDRINUSE' ? 'the port is in use' : code;
  return new AppError('configuration', `The sandbox cannot listen on 127.0.0.1:${port}: ${reason}.`, {
    hint: 'Choose another --port, or 0 for any free one.',
    cause: error,
  });
}
