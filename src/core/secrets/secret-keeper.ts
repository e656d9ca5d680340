import type { Secret } from './secret.ts';

/** A secret that a service handed out, or that we made for it. */
export interface FoundSecret {
  readonly secret: Secret;
  /** `kept` from an answer, or `generated` for a request. */
  readonly source: 'kept' | 'generated';
  /** Canonical address of what it belongs to, such as `/applications/{id}` or an ARM id. */
  readonly resource: string;
  /** Member of the answer or the request that holds it: `secretText`, `keys[0].value`. */
  readonly member: string;
  /** App that it signs in as, where it is a credential of one. */
  readonly appId?: string;
  /** ISO 8601. */
  readonly expiresAt?: string;
}

/** Stores secrets of the answers of one connection, so that the answers can name them instead. */
export interface SecretKeeper {
  /**
   * Resolves with the name, made of resource and member; the same secret gets the same name again. Undefined when as many
   * are kept of the connection as may be: the answer then masks the secret. It belongs to `owner`, whose call it is; by
   * default to the owner of the connection.
   */
  keep(found: FoundSecret, owner?: string): Promise<string | undefined>;
}
