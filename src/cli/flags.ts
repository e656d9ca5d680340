import { parseArgs } from 'node:util';
import type { ConfigFlags } from '../runtime/config/config.ts';

/** Flags that every command takes. */
export interface CommonFlags extends ConfigFlags {
  /** Work on the sandbox tenant of this process. */
  readonly sandbox?: boolean;
  /** Users of the sandbox tenant. */
  readonly users?: number;
}

/**
 * Reads the flags of `tenantry [stdio]` without the command-line library, which a server never needs. Undefined for
 * anything else, a mistake included: the library then does the work and the talking.
 */
export function parseStdioFlags(argv: readonly string[]): CommonFlags | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: true,
      options: {
        sandbox: { type: 'boolean' },
        'read-only': { type: 'boolean' },
        toolsets: { type: 'string' },
        config: { type: 'string' },
        home: { type: 'string' },
        'log-level': { type: 'string' },
      },
    });
    if (positionals.length > 1 || (positionals[0] ?? 'stdio') !== 'stdio') return undefined;
    return {
      ...(values.sandbox ? { sandbox: true } : {}),
      ...(values['read-only'] ? { readOnly: true } : {}),
      ...(values.toolsets === undefined ? {} : { toolsets: values.toolsets }),
      ...(values.config === undefined ? {} : { config: values.config }),
      ...(values.home === undefined ? {} : { home: values.home }),
      ...(values['log-level'] === undefined ? {} : { logLevel: values['log-level'] }),
    };
  } catch {
    return undefined;
  }
}
