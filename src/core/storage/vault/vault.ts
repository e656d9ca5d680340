import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { type Clock, isoNow } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { Secret } from '../../secrets/secret.ts';
import type { Keys, SecretBinding, StoredSecret, Vault } from '../storage.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

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
      const ref = randomUUID();
      const storedAt = isoNow(clock);
      const add = async () => {
        const [wrap, check] = await Promise.all([keys.derive('vault'), checkOf(keys)]);
        const row = { ...binding, ref, storedAt, ...sealSecret(wrap, binding, ref, secret.reveal()) };
        return isSameKey(await rows.put(row, check), check);
      };
      if (await add()) return ref;
      // Another process may have rotated the key meanwhile.
      await keys.confirm();
      if (await add()) return ref;
      throw anotherKey();
    },
    async get(binding, ref) {
      const row = await rows.get(ref);
      if (row === undefined) throw secretGone();
      const material = await openWithEach(keys, binding, ref, row);
      if (material !== undefined) return new Secret(material);
      await keys.confirm();
      const again = await rows.get(ref);
      if (again === undefined) throw secretGone();
      if (!isSameKey(await rows.keyCheck(), await checkOf(keys))) throw anotherKey();
      return opened(await openWithEach(keys, binding, ref, again));
    },
    destroy: (ref) => rows.delete(ref),
    list: () => rows.list(),
  };
}

/** Before a rotation has come to a row, it is still under the earlier key. */
async function openWithEach(
  keys: Keys,
  binding: SecretBinding,
  ref: string,
  row: SealedSecret,
): Promise<string | undefined> {
  for (const key of await keys.deriveEach('vault')) {
    const material = openSecret(key, binding, ref, row);
    if (material !== undefined) return material;
  }
  return undefined;
}

async function checkOf(keys: Keys): Promise<string> {
  return (await keys.derive('vault check')).toString('hex');
}

function isSameKey(fixed: string | undefined, check: string): boolean {
  const [one, other] = [Buffer.from(fixed ?? '', 'hex'), Buffer.from(check, 'hex')];
  return one.length === other.length && timingSafeEqual(one, other);
}

function anotherKey(): AppError {
  return new AppError('configuration', 'The master key is not the one that the stored secrets were encrypted with.', {
    hint: 'Restore the original master key (keyring entry or master.key in the home folder), or use another home folder.',
  });
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

type SealedSecret = Pick<SecretRow, 'sealed' | 'sealedKey'>;

/** Encrypts the material with a new random key and wraps that key, both bound to connection, field and reference. */
function sealSecret(vaultKey: Buffer, binding: SecretBinding, ref: string, material: string): SealedSecret {
  const dataKey = randomBytes(32);
  try {
    const context = authenticatedContext(binding, ref);
    return {
      sealed: sealBytes(dataKey, Buffer.from(material, 'utf8'), context),
      sealedKey: sealBytes(vaultKey, dataKey, context),
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
  const dataKey = openBytes(vaultKey, sealedKey, context);
  const material = dataKey === undefined ? undefined : openBytes(dataKey, sealed, context);
  dataKey?.fill(0);
  const text = material?.toString('utf8');
  material?.fill(0);
  return text;
}

/** The data key of a row under another key of the vault; undefined where the row does not open with the first one. */
export function rewrapSecret(
  from: Buffer,
  to: Buffer,
  binding: SecretBinding,
  ref: string,
  sealedKey: Buffer,
): Buffer | undefined {
  const context = authenticatedContext(binding, ref);
  const dataKey = openBytes(from, sealedKey, context);
  const wrapped = dataKey && sealBytes(to, dataKey, context);
  dataKey?.fill(0);
  return wrapped;
}

/** JSON keeps the parts apart: no two bindings give the same bytes. */
function authenticatedContext({ connectionId, field }: SecretBinding, ref: string): Buffer {
  return Buffer.from(JSON.stringify(['tenantry secret', 1, connectionId, field, ref]), 'utf8');
}
