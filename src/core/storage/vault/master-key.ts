import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { AppError } from '../../base/errors.ts';
import type { Keys } from '../storage.ts';

export interface MasterKeyOptions {
  /** Home folder; `master.key` is in it. */
  readonly home: string;
  /** Loads the keyring of the operating system; resolves undefined where there is none or the operator wants a file. */
  readonly loadKeyring: () => Promise<Keyring | undefined>;
  /** Whether secrets exist already, so that a missing key must not be replaced by a new one. */
  readonly isFixed: () => Promise<boolean>;
}

/** Passwords in the keyring of the operating system, one per account. */
export interface Keyring {
  /** Undefined when there is no such entry; rejects when the keyring is locked or unavailable. */
  get(account: string): Promise<string | undefined>;
  set(account: string, password: string): Promise<void>;
  remove(account: string): Promise<void>;
}

const keyBytes = 32;
const keyPrefix = 'tenantry-key-1:';
const keyringPrefix = 'tenantry-keyring-1:';
const keyringService = 'tenantry';
/** A locked keyring asks the person at the screen; where there is none, the question must not block a call forever. */
const keyringPatienceMs = 20_000;

/**
 * The master key of a home folder. `master.key` decides: it holds the key itself, or names the keyring entry that
 * holds it. It is created by an exclusive link, so that processes which start together agree on one key.
 */
export function createMasterKey(options: MasterKeyOptions): Keys {
  let loading: Promise<Buffer> | undefined;
  return {
    async derive(purpose) {
      loading ??= loadOrCreate(options).catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      const key = await loading;
      return Buffer.from(hkdfSync('sha256', key, 'tenantry', purpose, keyBytes));
    },
  };
}

async function loadOrCreate(options: MasterKeyOptions): Promise<Buffer> {
  const path = join(options.home, 'master.key');
  const existing = await readKeyFile(path);
  if (existing !== undefined) return resolveKey(existing, path, options);
  if (await options.isFixed()) {
    throw new AppError('configuration', `The master key ${path} is missing, but secrets encrypted with it exist.`, {
      hint: 'Restore the file from a backup, or use another home folder and supply the secrets again.',
    });
  }
  await createKeyFile(path, options);
  const created = await readKeyFile(path);
  if (created === undefined) throw unusable(path, 'it disappeared while it was created');
  return resolveKey(created, path, options);
}

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits; there the folder is inside the user's profile.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new AppError('configuration', `The master key ${path} can be read by other users.`, {
        hint: `Run: chmod 600 ${path}`,
      });
    }
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    if (code === 'ENOENT') return undefined;
    throw unusable(path, code);
  }
}

async function resolveKey(text: string, path: string, { loadKeyring }: MasterKeyOptions): Promise<Buffer> {
  if (text.startsWith(keyPrefix)) return decodeKey(text.slice(keyPrefix.length), path);
  if (!text.startsWith(keyringPrefix)) throw unusable(path, 'it is not a Tenantry key file');
  const keyring = await loadKeyring();
  const password = await keyring?.get(text.slice(keyringPrefix.length)).catch(() => undefined);
  if (password === undefined) {
    throw new AppError(
      'configuration',
      'The master key is in the keyring of the operating system, which has no entry for it or is locked.',
      {
        hint: 'Unlock the keyring for this user (or sign in to the desktop session that has it) and call again.',
      },
    );
  }
  return decodeKey(password, path);
}

function decodeKey(encoded: string, path: string): Buffer {
  const key = Buffer.from(encoded, 'base64url');
  if (key.length !== keyBytes) throw unusable(path, 'the key has the wrong length');
  return key;
}

/** Writes a complete file beside the target and links it: the first link wins, and no process sees half a key. */
async function createKeyFile(path: string, options: MasterKeyOptions): Promise<void> {
  const key = randomBytes(keyBytes).toString('base64url');
  const account = randomUUID();
  const keyring = await usableKeyring(options, account, key);
  const temporary = `${path}.${randomUUID()}.tmp`;
  let linked = false;
  try {
    createPrivateFolder(options.home);
    await writePrivately(temporary, keyring === undefined ? `${keyPrefix}${key}\n` : `${keyringPrefix}${account}\n`);
    await link(temporary, path);
    linked = true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    if (code !== 'EEXIST') throw unusable(path, code);
  } finally {
    await rm(temporary, { force: true });
    if (!linked) await keyring?.remove(account).catch(() => undefined);
  }
}

/** A keyring counts when it gives back what it was given. */
async function usableKeyring(options: MasterKeyOptions, account: string, key: string): Promise<Keyring | undefined> {
  const keyring = await options.loadKeyring();
  try {
    await keyring?.set(account, key);
    return (await keyring?.get(account)) === key ? keyring : undefined;
  } catch {
    return undefined;
  }
}

async function writePrivately(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function unusable(path: string, reason: string): AppError {
  return new AppError('configuration', `The master key ${path} cannot be used: ${reason}.`, {
    hint: 'Restore the file from a backup, check its folder, or use another home folder.',
  });
}

/**
 * The operating system's keyring, or undefined when the optional package or the keyring itself is missing.
 * On Linux only the Secret Service counts: the kernel's keyring forgets everything at a reboot.
 */
export async function loadKeyring(): Promise<Keyring | undefined> {
  try {
    const { AsyncEntry } = await import('@napi-rs/keyring');
    const entry = (account: string) => new AsyncEntry(keyringService, account, { linux: { store: 'secret-service' } });
    entry('probe');
    return {
      get: async (account) => (await entry(account).getPassword(AbortSignal.timeout(keyringPatienceMs))) ?? undefined,
      set: (account, password) => entry(account).setPassword(password, AbortSignal.timeout(keyringPatienceMs)),
      remove: async (account) => {
        await entry(account).deletePassword(AbortSignal.timeout(keyringPatienceMs));
      },
    };
  } catch {
    return undefined;
  }
}
