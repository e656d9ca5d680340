import packageJson from '../../package.json' with { type: 'json' };

/** Version of the package, as clients, logs and `--version` show it. */
export const version: string = packageJson.version;
