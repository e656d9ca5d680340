import { createHash } from 'node:crypto';
import type { Secret } from '../secrets/secret.ts';
import type { ConnectionRecord, SecretField } from './connection.ts';

/** Where a declared connection finds a secret. A literal one is never in a file: only the sandbox passes it. */
export type DeclaredSecret = { readonly env: string } | { readonly file: string } | Secret;

/** A connection of the configuration, with all defaults filled in. */
export interface DeclaredConnection
  extends Pick<
    ConnectionRecord,
    'name' | 'provider' | 'scopes' | 'cloud' | 'access' | 'auth_type' | 'scope_level' | 'settings' | 'identity'
  > {
  readonly secrets: Partial<Record<SecretField, DeclaredSecret>>;
}

/** A GUID that stays the same for a name, so that cursors and caches survive a restart. */
export function declaredConnectionId(name: string): string {
  const hex = createHash('sha256').update(`declared connection ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A secret argument: where to find the material, or (where the operator allows it) the material itself. */
export type SecretArgument =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly key_vault: string }
  | { readonly prompt: true }
  /** Goes back to the secret that the last rotation replaced, as long as it is kept. */
  | { readonly previous: true }
  /** What a person typed in answer to `prompt`: never an argument of a caller. */
  | { readonly prompted: Secret }
  | Secret;
