import { createCipheriv, createDecipheriv, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { type Clock, isoNow } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { Secret } from '../../secrets/secret.ts';
import type { Keys, SecretBinding, StoredSecret, Vault } from '../storage.ts';

/** A stored secret with its sealed material. */
export interface SecretRow extends StoredSecret {
  /** The material under a data key of its own. */
  readonly sealed: Buffer;
  /** That key, under the key of the vault. */
  readonly sealedKey: Buffer;
}

/** Where the rows of a vault live. Anyone may read them: their content opens only with the master key. */
export interface SecretRows {
  /**
   * Adds a row. The first one fixes `keyCheck` in the same transaction. Resolves with the check that is fixed by then;
   * adds nothing when that is another one.
   */
  put(row: SecretRow, keyCheck: string): Promise<string>;
  get(ref: string): Promise<SecretRow | undefined>;
  /** Resolves also when there is no such row. */
  delete(ref: string): Promise<void>;
  /** All rows, oldest first. */
  list(): Promise<readonly StoredSecret[]>;
  /** Check value of the master key; undefined before the first row. */
  keyCheck(): Promise<string | undefined>;
}

export interface VaultOptions {
  readonly rows: SecretRows;
  readonly keys: Keys;
  readonly clock: Clock;
}

/**
 * Secrets in rows, each encrypted under its own key; those keys are wrapped by a key derived from the master key. The
 * first secret fixes the master key: with another one every operation is refused and changes nothing.
 */
export function createVault({ rows, keys, clock }: VaultOptions): Vault {
  return {
    async put(binding, secret) {
      const { wrap, check } = await deriveKeys(keys);
      const ref = randomUUID();
      const storedAt = isoNow(clock);
      const row = { ...binding, ref, storedAt, ...sealSecret(wrap, binding, ref, secret.reveal()) };
      requireSameKey(await rows.put(row, check), check);
      return ref;
    },
    async get(binding, ref) {
      const row = await rows.get(ref);
      if (row === undefined) throw secretGone();
      const { wrap, check } = await deriveKeys(keys);
      requireSameKey(await rows.keyCheck(), check);
      return opened(openSecret(wrap, binding, ref, row));
    },
    destroy: (ref) => rows.delete(ref),
    list: () => rows.list(),
  };
}

async function deriveKeys(keys: Keys): Promise<{ wrap: Buffer; check: string }> {
  const [wrap, check] = await Promise.all([keys.derive('vault'), keys.derive('vault check')]);
  return { wrap, check: check.toString('hex') };
}

function requireSameKey(fixed: string | undefined, check: string): void {
  const [one, other] = [Buffer.from(fixed ?? '', 'hex'), Buffer.from(check, 'hex')];
  if (one.length !== other.length || !timingSafeEqual(one, other)) {
    throw new AppError('configuration', 'The master key is not the one that the stored secrets were encrypted with.', {
      hint: 'Restore the original master key (keyring entry or master.key in the home folder), or use another home folder.',
    });
  }
}

/** The answer to a reference that leads nowhere. */
function secretGone(): AppError {
  return new AppError(
    'not_found',
    'The stored secret is gone: the connection has been changed or deleted in the meantime.',
    {
      hint: 'Look at the connection with list_connections and call again.',
      retryable: true,
    },
  );
}

/** The answer to a secret that was damaged or belongs to another connection. */
function opened(material: string | undefined): Secret {
  if (material === undefined) {
    throw new AppError('configuration', 'The stored secret is damaged or belongs to another connection.', {
      hint: 'Supply the secret again with complete_connection.',
    });
  }
  return new Secret(material);
}

// Layout of sealed bytes: version (1), nonce (12), tag (16), ciphertext. AES-256-GCM throughout.
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

type SealedSecret = Pick<SecretRow, 'sealed' | 'sealedKey'>;

/** Encrypts the material with a new random key and wraps that key, both bound to connection, field and reference. */
function sealSecret(vaultKey: Buffer, binding: SecretBinding, ref: string, material: string): SealedSecret {
  const dataKey = randomBytes(32);
  try {
    const context = authenticatedContext(binding, ref);
    return {
      sealed: seal(dataKey, Buffer.from(material, 'utf8'), context),
      sealedKey: seal(vaultKey, dataKey, context),
    };
  } finally {
    dataKey.fill(0);
  }
}

/** Undefined when a byte was changed, the row belongs to something else, or the key is another one. */
export function openSecret(
  vaultKey: Buffer,
  binding: SecretBinding,
  ref: string,
  { sealed, sealedKey }: SealedSecret,
): string | undefined {
  const context = authenticatedContext(binding, ref);
  const dataKey = unseal(vaultKey, sealedKey, context);
  const material = dataKey === undefined ? undefined : unseal(dataKey, sealed, context);
  dataKey?.fill(0);
  const text = material?.toString('utf8');
  material?.fill(0);
  return text;
}

/** JSON keeps the parts apart: no two bindings give the same bytes. */
function authenticatedContext({ connectionId, field }: SecretBinding, ref: string): Buffer {
  return Buffer.from(JSON.stringify(['tenantry secret', version, connectionId, field, ref]), 'utf8');
}

function seal(key: Buffer, plain: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(context);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), text]);
}

function unseal(key: Buffer, bytes: Buffer, context: Buffer): Buffer | undefined {
  if (bytes.length < headerBytes || bytes[0] !== version) return undefined;
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(context)
    .setAuthTag(bytes.subarray(1 + nonceBytes, headerBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
