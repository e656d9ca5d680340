import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { AppError } from '../../base/errors.ts';
import { createPrivateFile, readPrivateFile, replacePrivateFile } from '../../base/private-file.ts';
import { type Guard, inspectHome } from '../../base/private-paths.ts';
import { createKeyRing, type KeyMarks, type RotatingKeys } from './key-ring.ts';

export interface MasterKeyOptions {
  /** Home folder; `master.key` is in it. */
  readonly home: string;
  /** Loads the keyring of the operating system; resolves undefined where there is none or the operator wants a file. */
  readonly loadKeyring: () => Promise<Keyring | undefined>;
  /** Whether secrets or sealed records exist already, so that a missing key must not be replaced by a new one. */
  readonly isFixed: () => Promise<boolean>;
  /** Decides about a key file that strangers own, may write or may read. */
  readonly guard: Guard;
  /** What the store says about its key. Default: nothing. */
  readonly marks?: () => Promise<KeyMarks>;
}

/** Passwords in the keyring of the operating system, one per account. */
export interface Keyring {
  /** Undefined when there is no such entry; rejects when the keyring is locked or unavailable. */
  get(account: string): Promise<string | undefined>;
  set(account: string, password: string): Promise<void>;
  remove(account: string): Promise<void>;
}

/** The master key, which remembers one fact about the database beside it. */
export interface MasterKey extends RotatingKeys {
  /** Whether the records of the home were sealed with this key. Loads the key. */
  hasSealed(): Promise<boolean>;
  /**
   * Remembers that they were, where the key itself is kept. A database that says otherwise afterwards is an older copy,
   * or somebody has taken the seals off.
   */
  noteSealed(): Promise<void>;
}

const keyBytes = 32;
const keyPrefix = 'tenantry-key-1:';
const keyringPrefix = 'tenantry-keyring-1:';
/** Stands behind the key once it has sealed records. Older versions refuse such a key. */
const sealedSuffix = ':sealed';
const keyringService = 'tenantry';
/** A locked keyring asks the person at the screen; where there is none, the question must not block a call forever. */
const keyringPatienceMs = 20_000;

/** In front of the line of the key that a rotation replaces. */
const previousPrefix = 'previous ';

/** A key, and where it was found. */
interface LoadedKey {
  readonly key: Buffer;
  readonly hasSealed: boolean;
  /** Account in the keyring; undefined when the file holds the key itself. */
  readonly account: string | undefined;
  /** The key that a rotation replaces, and its line in the file. */
  readonly previous?: { readonly key: Buffer; readonly line: string; readonly account: string | undefined };
}

/**
 * The master key of a home folder. `master.key` decides: it holds the key itself, or names the keyring entry that
 * holds it. It is created by an exclusive link, so that processes which start together agree on one key. During a rotation
 * a second line has the earlier key.
 */
export function createMasterKey(options: MasterKeyOptions): MasterKey {
  const path = join(options.home, 'master.key');
  const load = () => loadOrCreate(path, options);
  const ring = createKeyRing({
    load: async () => {
      const { key, previous } = await load();
      return previous === undefined ? [key] : [key, previous.key];
    },
    isAtHand: async () => (await readKeyFile(path, options))?.startsWith(keyPrefix) ?? false,
    marks: options.marks ?? (async () => ({})),
    place: 'keyring entry or master.key in the home folder',
  });
  return {
    ...ring,
    async judge(said) {
      // Loading would ask the store, whose answer this is.
      const isFixed = said.sealCheck !== undefined || said.keyCheck !== undefined;
      if (isFixed && (await readKeyFile(path, options)) === undefined) throw missing(path);
      return ring.judge(said);
    },
    // Read again: another process may have noted it since the key was loaded.
    hasSealed: async () => (await load()).hasSealed,
    async noteSealed() {
      const { key, account, previous } = await load();
      const text = sealedText(key);
      if (account === undefined) {
        await replacePrivateFile(path, fileOf(`${keyPrefix}${text}`, previous?.line));
      } else {
        await (await options.loadKeyring())?.set(account, text);
      }
    },
    async begin() {
      const old = await load();
      if (old.previous !== undefined) return;
      const line = await makeKey(old, options);
      const current =
        old.account === undefined ? `${keyPrefix}${sealedText(old.key)}` : `${keyringPrefix}${old.account}`;
      await replacePrivateFile(path, fileOf(line, `${previousPrefix}${current}`));
    },
    async end() {
      const { key, account, previous } = await load();
      if (previous === undefined) return true;
      const line = account === undefined ? `${keyPrefix}${sealedText(key)}` : `${keyringPrefix}${account}`;
      await replacePrivateFile(path, fileOf(line));
      // The entry is of no more use; where it cannot be removed, nothing points to it.
      if (previous.account !== undefined) {
        await (await options.loadKeyring())?.remove(previous.account).catch(() => undefined);
      }
      return true;
    },
  };
}

/** A new key where the old one is kept: the line that leads to it. */
async function makeKey(old: LoadedKey, options: MasterKeyOptions): Promise<string> {
  const text = sealedText(randomBytes(keyBytes));
  const account = randomUUID();
  const keyring = old.account === undefined ? undefined : await usableKeyring(options, account, text);
  return keyring === undefined ? `${keyPrefix}${text}` : `${keyringPrefix}${account}`;
}

function sealedText(key: Buffer): string {
  return `${key.toString('base64url')}${sealedSuffix}`;
}

function fileOf(...lines: readonly (string | undefined)[]): string {
  return lines.flatMap((line) => (line === undefined ? [] : [`${line}\n`])).join('');
}

async function loadOrCreate(path: string, options: MasterKeyOptions): Promise<LoadedKey> {
  options.guard(inspectHome(options.home));
  const existing = await readKeyFile(path, options);
  if (existing !== undefined) return resolveKey(existing, path, options);
  if (await options.isFixed()) throw missing(path);
  await createKeyFile(path, options);
  const created = await readKeyFile(path, options);
  if (created === undefined) throw unusable(path, 'it disappeared while it was created');
  return resolveKey(created, path, options);
}

async function readKeyFile(path: string, { guard }: MasterKeyOptions): Promise<string | undefined> {
  try {
    return await readPrivateFile({ path, noun: 'master key' }, guard);
  } catch (error) {
    throw error instanceof AppError ? error : unusable(path, reasonOf(error));
  }
}

async function resolveKey(text: string, path: string, options: MasterKeyOptions): Promise<LoadedKey> {
  const [first = '', second] = text.split('\n');
  const current = await resolveLine(first, path, options);
  if (second === undefined) return current;
  if (!second.startsWith(previousPrefix)) throw unusable(path, 'it is not a Tenantry key file');
  const { key, account } = await resolveLine(second.slice(previousPrefix.length), path, options);
  return { ...current, previous: { key, account, line: second } };
}

async function resolveLine(
  text: string,
  path: string,
  { loadKeyring }: MasterKeyOptions,
): Promise<Omit<LoadedKey, 'previous'>> {
  if (text.startsWith(keyPrefix)) return { ...decodeKey(text.slice(keyPrefix.length), path), account: undefined };
  if (!text.startsWith(keyringPrefix)) throw unusable(path, 'it is not a Tenantry key file');
  const account = text.slice(keyringPrefix.length);
  const keyring = await loadKeyring();
  const password = await keyring?.get(account).catch(() => undefined);
  if (password === undefined) {
    throw new AppError(
      'configuration',
      'The master key is in the keyring of the operating system, which has no entry for it or is locked: without it, stored connections and their secrets cannot be read.',
      {
        hint: 'Unlock the keyring for this user (or sign in to the desktop session that has it) and call again.',
      },
    );
  }
  return { ...decodeKey(password, path), account };
}

function decodeKey(encoded: string, path: string): Pick<LoadedKey, 'key' | 'hasSealed'> {
  const hasSealed = encoded.endsWith(sealedSuffix);
  const key = Buffer.from(hasSealed ? encoded.slice(0, -sealedSuffix.length) : encoded, 'base64url');
  if (key.length !== keyBytes) throw unusable(path, 'the key has the wrong length');
  return { key, hasSealed };
}

/** The first of several processes wins; the others find its key. */
async function createKeyFile(path: string, options: MasterKeyOptions): Promise<void> {
  const key = randomBytes(keyBytes).toString('base64url');
  const account = randomUUID();
  const keyring = await usableKeyring(options, account, key);
  let isOurs = false;
  try {
    createPrivateFolder(options.home);
    isOurs = await createPrivateFile(
      path,
      keyring === undefined ? `${keyPrefix}${key}\n` : `${keyringPrefix}${account}\n`,
    );
  } catch (error) {
    throw unusable(path, reasonOf(error));
  } finally {
    if (!isOurs) await keyring?.remove(account).catch(() => undefined);
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

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}

function missing(path: string): AppError {
  return new AppError(
    'configuration',
    `The master key ${path} is missing, but secrets encrypted with it or records sealed with it exist.`,
    {
      hint: 'Restore the file from a backup, or use another home folder and supply the secrets again.',
    },
  );
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
