import type { Command } from 'commander';
import { withCommonOptions } from '../common-options.ts';
import type { CommonFlags } from '../flags.ts';
import { runCall } from '../run-call.ts';
import { UsageError } from '../usage-error.ts';

interface ConvertFlags extends CommonFlags {
  readonly issuer?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly federatedToken?: string;
  readonly adminConnection?: string;
  readonly removeSecret?: boolean;
  readonly revert?: boolean;
}

const example =
  'tenantry connections convert contoso --federated-token file:/var/run/secrets/tokens/azure-identity-token';

/** `tenantry connections convert`: the same code as convert_connection. */
export function addConvert(group: Command, run: (work: () => Promise<number>) => Promise<void>): void {
  withCommonOptions(group.command('convert <name>'))
    .description('from a secret or certificate to workload identity federation, or back within seven days')
    .option('--issuer <address>', 'issuer of the tokens to trust (default: that of the token)')
    .option('--subject <subject>', 'subject of the tokens to trust (default: that of the token)')
    .option('--audience <audience>', 'audience of the tokens (default: the token exchange of the cloud)')
    .option('--federated-token <source>', 'env:NAME or file:PATH (default: the token of the CI platform)')
    .option('--admin-connection <name>', 'connection whose rights change the app (default: its own)')
    .option('--remove-secret', 'also remove the client secret from the app; there is no way back then')
    .option('--revert', 'back to the secret, within seven days')
    .addHelpText('after', `\nExample:\n  ${example}\n  tenantry connections convert contoso --revert`)
    .action((name: string, flags: ConvertFlags) =>
      run(() => {
        const { issuer, subject, audience, federatedToken, adminConnection, removeSecret, revert } = flags;
        return runCall(
          'convert_connection',
          {
            connection: name,
            issuer,
            subject,
            audience,
            federated_token: federatedToken === undefined ? undefined : parseSource(federatedToken),
            admin_connection: adminConnection,
            remove_secret: removeSecret,
            revert,
          },
          flags,
        );
      }),
    );
}

/** A token itself on the command line would be seen by every user of the machine. */
function parseSource(text: string): { readonly env: string } | { readonly file: string } {
  const [, kind, value] = /^(env|file):(.+)$/s.exec(text) ?? [];
  if (kind === undefined || value === undefined) {
    throw new UsageError('--federated-token is neither env:NAME nor file:PATH.', example);
  }
  return kind === 'env' ? { env: value } : { file: value };
}
