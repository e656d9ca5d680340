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
  /** Who may use it besides the local caller. */
  readonly shared_with?: ConnectionRecord['shared_with'];
  readonly secrets: Partial<Record<SecretField, DeclaredSecret>>;
  /** Opens an encrypted certificate, whenever that is read. */
  readonly certificate_passphrase?: DeclaredSecret;
}

/** A GUID that stays the same for a name, so that cursors and caches survive a restart. */
export function declaredConnectionId(name: string): string {
  const hex = createHash('sha256').update(`declared connection ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
