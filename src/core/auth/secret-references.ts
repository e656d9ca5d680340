import type { Actor } from '../base/authority.ts';
import type { Environment } from '../base/environment.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { Secret } from '../secrets/secret.ts';
import {
  absoluteSecretPath,
  isNamedBelow,
  readSecretFile,
  secretsFolder,
  UnreadableSecretFile,
} from './secret-file.ts';

/** A place outside the vault where a secret can be read again at any time. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** A reference, and by whose rules it is read. */
export interface LiveReference {
  readonly source: SecretReference;
  readonly actor: Actor;
  readonly isOld?: true;
}

/**
 * Reads secrets from environment variables and files. What an operator names (the configuration, the person at the
 * terminal) may be any; what an agent names must be allowed by the configuration.
 */
export interface SecretReferences {
  /**
   * The material behind a reference. For the operator, throws `configuration` that says why there is none; for an agent,
   * throws `refused` in the same words whatever the reason is, and what is not allowed is not touched.
   */
  resolve(source: SecretReference, actor: Actor): Promise<Secret>;
  /** The `ref` of a secret that is read again at every use instead of being copied to the vault. */
  format(live: LiveReference): string;
  /** The reverse of `format`; undefined for a reference of the vault. `isOld` was made by a version without rules. */
  parse(ref: string): LiveReference | undefined;
}

export interface SecretReferencesOptions {
  readonly environment: Environment;
  /** Of its files, only those below `secrets` can be secrets: the vault and its master key are none. */
  readonly home: string;
  /** What agents may name, besides the secrets folder of the home. */
  readonly allowed: AllowedReferences;
  /** Called with every secret that is read, so that logs and answers can mask it. */
  readonly onSecret?: (secret: Secret) => void;
  /** Called with the reason of each refusal: the operator may know it, the agent may not. */
  readonly onRefused?: (reason: string) => void;
}

export interface AllowedReferences {
  /** Names of variables, or beginnings followed by `*`. */
  readonly environment: readonly string[];
  readonly files: readonly string[];
}

/**
 * The answer to an agent that names a secret which does not exist, cannot be read or is not for it: the same for all of
 * them, so that nobody can find out by asking what there is.
 */
export function secretRefused(use: 'sign_in' | 'export' = 'sign_in'): AppError {
  const ask =
    use === 'export'
      ? 'Ask the person who runs Tenantry for the name of a secret that may go there: they set one with `tenantry secrets set` and --to'
      : 'Ask the person who runs Tenantry which secret to name, or pass { "prompt": true }, which asks them for it';
  return new AppError('refused', 'There is no such secret that this call may use.', {
    hint: `${ask}. The log of the server says why this one was refused.`,
  });
}

/** How references say by whose rules they are read; the first that fits is written. */
const prefixes: readonly (readonly [string, 'env' | 'file', Actor])[] = [
  ['operator-env:', 'env', 'operator'],
  ['operator-file:', 'file', 'operator'],
  ['agent-env:', 'env', 'agent'],
  ['agent-file:', 'file', 'agent'],
  // References of earlier versions keep working; doctor names those that would be refused today.
  ['env:', 'env', 'operator'],
  ['file:', 'file', 'operator'],
];

export function createSecretReferences(options: SecretReferencesOptions): SecretReferences {
  return {
    async resolve(source, actor) {
      const secret = new Secret(
        actor === 'operator' ? await readAny(source, options) : await readAllowed(source, options),
      );
      options.onSecret?.(secret);
      return secret;
    },
    format({ source, actor }) {
      const [kind, place] =
        'env' in source ? ['env', source.env] : ['file', absoluteSecretPath(source.file, options.home)];
      const [prefix = ''] = prefixes.find(([, one, by]) => one === kind && by === actor) ?? [];
      return `${prefix}${place}`;
    },
    parse(ref) {
      const found = prefixes.find(([prefix]) => ref.startsWith(prefix));
      if (found === undefined) return undefined;
      const [prefix, kind, actor] = found;
      const place = ref.slice(prefix.length);
      const source = kind === 'env' ? { env: place } : { file: place };
      return { source, actor, ...(prefix === `${kind}:` && { isOld: true }) };
    },
  };
}

/** Whether an agent may name it, as far as the name tells. Touches nothing. */
export function isAllowedReference(source: SecretReference, home: string, allowed: AllowedReferences): boolean {
  if ('env' in source) return allowed.environment.some((pattern) => matches(source.env, pattern));
  return isNamedBelow(source.file, [secretsFolder(home), ...allowed.files], home);
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;

async function readAny(source: SecretReference, { environment, home }: SecretReferencesOptions): Promise<string> {
  if ('file' in source) {
    return readSecretFile(source.file, { home }).catch((error: unknown) => {
      if (!(error instanceof UnreadableSecretFile)) throw error;
      const file = absoluteSecretPath(source.file, home);
      throw new AppError('configuration', `The secret file ${file} cannot be read: ${error.message}.`, {
        hint: 'Check the path, the owner and the mode of the file, and that the Tenantry process may read it.',
      });
    });
  }
  if (!variableName.test(source.env)) {
    throw invalidArgument('The name of an environment variable is not valid.', 'Use a name such as PROD_AZURE_SECRET.');
  }
  const value = environment(source.env)?.trim();
  if (value === undefined || value === '') {
    throw new AppError('configuration', `The environment variable ${source.env} is not set.`, {
      hint: `Set ${source.env} for the Tenantry process and start it again.`,
    });
  }
  return value;
}

async function readAllowed(source: SecretReference, options: SecretReferencesOptions): Promise<string> {
  const { environment, home, allowed, onRefused } = options;
  const refuse = (reason: string) => {
    onRefused?.(reason);
    return secretRefused();
  };
  if ('file' in source) {
    return readSecretFile(source.file, { home, below: [secretsFolder(home), ...allowed.files] }).catch(
      (error: unknown) => {
        if (!(error instanceof UnreadableSecretFile)) throw error;
        throw refuse(`the file ${JSON.stringify(source.file.slice(0, 300))}: ${error.message}`);
      },
    );
  }
  const shown = JSON.stringify(source.env.slice(0, 200));
  if (!variableName.test(source.env)) throw refuse(`${shown} is not the name of a variable`);
  if (!isAllowedReference(source, home, allowed)) throw refuse(`secrets.environment does not allow ${shown}`);
  const value = environment(source.env)?.trim();
  if (value === undefined || value === '') throw refuse(`the variable ${shown} is not set`);
  return value;
}
