import { parseArgs } from 'node:util';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConfigFlags } from '../runtime/config/config.ts';

/** Flags that most commands take. */
export interface CommonFlags extends ConfigFlags {
  /** Work on the sandbox tenant of this process. */
  readonly sandbox?: boolean;
  /** Users of the sandbox tenant. */
  readonly users?: number;
}

/** Whether each of the flags takes a value. */
export const commonFlagTypes = {
  sandbox: 'boolean',
  users: 'string',
  'read-only': 'boolean',
  'max-access': 'string',
  toolsets: 'string',
  config: 'string',
  home: 'string',
  'log-level': 'string',
} as const;

/**
 * Reads the flags of `tenantry [stdio]` without the command-line library, which a server never needs. Undefined for
 * anything else, including a mistake: the library then parses and explains.
 */
export function parseStdioFlags(argv: readonly string[]): CommonFlags | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: true,
      options: {
        sandbox: { type: commonFlagTypes.sandbox },
        'read-only': { type: commonFlagTypes['read-only'] },
        'max-access': { type: commonFlagTypes['max-access'] },
        toolsets: { type: commonFlagTypes.toolsets },
        config: { type: commonFlagTypes.config },
        home: { type: commonFlagTypes.home },
        'log-level': { type: commonFlagTypes['log-level'] },
      },
    });
    if (positionals.length > 1 || (positionals[0] ?? 'stdio') !== 'stdio') return undefined;
    const { 'read-only': readOnly, 'max-access': maxAccess, 'log-level': logLevel, ...others } = values;
    return withoutUndefined({ ...others, readOnly, maxAccess, logLevel });
  } catch {
    return undefined;
  }
}
