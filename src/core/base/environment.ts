/** Looks up an environment variable. The configuration passes it down, so nothing else reads the process. */
export type Environment = (name: string) => string | undefined;

/** Every variable that Tenantry itself reads; the documentation's table is generated from it. */
export const environmentVariables = [
  {
    name: 'TENANTRY_HOME',
    description:
      'Folder for connections, the vault and stored results. Default: the data folder of the user. Same as `--home`.',
  },
  {
    name: 'TENANTRY_CONFIG',
    description: 'Configuration file. Default: `tenantry.yaml` in the home folder, when it exists. Same as `--config`.',
  },
  { name: 'TENANTRY_READ_ONLY', description: '`true` offers and runs reading tools only. Same as `--read-only`.' },
  {
    name: 'TENANTRY_MAX_ACCESS',
    description:
      '`read_only` or `read_write`: the most that a connection which an agent makes or changes may do. Wins over `policy.max_access`. Same as `--max-access`.',
  },
  {
    name: 'TENANTRY_AGENT',
    description:
      '`1`: the arguments of commands come from a model, as with `tenantry call --agent`. `--yes` does not count then, and `tenantry approve` does not run.',
  },
  {
    name: 'TENANTRY_TOOLSETS',
    description: 'Toolsets to offer, separated by commas, e.g. `connections,graph`. Same as `--toolsets`.',
  },
  {
    name: 'TENANTRY_DATABASE_URL',
    description:
      '`postgres://user:password@host:5432/database`: keeps connections in PostgreSQL instead of SQLite. Wins over `store.url`.',
  },
  {
    name: 'TENANTRY_REDIS_URL',
    description:
      'Reserved for limits shared by several nodes. This version limits per process and refuses the variable.',
  },
  {
    name: 'TENANTRY_VAULT',
    description:
      'Where the master key of the vault is kept: `local` (default: the keyring of the operating system where it works, a key file otherwise) or `file` (always a key file).',
  },
  {
    name: 'TENANTRY_HOME_CHECK',
    description:
      '`warn` only reports a home, database, key, token or configuration that another user owns or that other users may write, instead of refusing it: for volumes without owners and modes.',
  },
  {
    name: 'TENANTRY_SECRET_*',
    description: 'Secrets that arguments of tools may name as `{ "env": "TENANTRY_SECRET_…" }`; see `secrets`.',
  },
  {
    name: 'TENANTRY_LOG_LEVEL',
    description:
      '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`. Default `info`. Same as `--log-level`.',
  },
  {
    name: 'HTTPS_PROXY',
    description:
      'The proxy to the outside, `http://host:port` or `http://user:password@host:port`. `ALL_PROXY` and `HTTP_PROXY` are read where it is unset; small letters win. See [troubleshooting](troubleshooting.md).',
  },
  {
    name: 'NO_PROXY',
    description:
      'Hosts that are reached without the proxy, separated by commas: `contoso.com` (and all below it), `host:443`, `10.0.0.0/8`, `*`.',
  },
  {
    name: 'NODE_EXTRA_CA_CERTS',
    description:
      'Read by Node: a PEM file with more certificates to trust, where a company inspects encrypted traffic.',
  },
  {
    name: 'OTEL_*',
    description: 'Read by the OpenTelemetry SDK where a program registers one; Tenantry emits through its API.',
  },
] as const;

/**
 * A value as it was meant, or undefined where nothing was: hosts pass on a setting that the person left empty as `""` or as
 * its placeholder, such as `${user_config.home}`.
 */
export function givenValue(value: string | undefined): string | undefined {
  return value === undefined || value === '' || /^\s*\$\{[^}]+\}\s*$/.test(value) ? undefined : value;
}

/** What counts as unset (see `givenValue`) is undefined. */
export const processEnvironment: Environment = (name) => {
  // biome-ignore lint/style/noProcessEnv: the only place that reads the environment; everything else is given it.
  return givenValue(process.env[name]);
};

/** The environment of an example server that this process starts: the user's, without settings of Tenantry. */
export function environmentOfChild(): Record<string, string | undefined> {
  // biome-ignore lint/style/noProcessEnv: see above
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('TENANTRY_')));
}
