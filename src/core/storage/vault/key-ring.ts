import { hkdfSync } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import type { Keys } from '../storage.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

/** What a store says about its master key, each absent where it says nothing. None of it helps to find the key. */
export interface KeyMarks {
  /** Tells the key that seals records. */
  readonly sealCheck?: string;
  /** Tells the key that encrypts secrets. */
  readonly keyCheck?: string;
  /** Check of the key that a rotation is replacing; absent where none is under way. */
  readonly rotating?: string;
  /** The key of fingerprints, since the first rotation: sealed under the master key, and the same for ever. */
  readonly fingerprintKey?: string;
}

export interface KeyRingOptions {
  /** The master keys that are known, the newest first: one, or two during a rotation. */
  readonly load: () => Promise<readonly Buffer[]>;
  /** Whether `load` would neither make a key nor ask a keyring for it. */
  readonly isAtHand: () => Promise<boolean>;
  /** What the store says now. */
  readonly marks: () => Promise<KeyMarks>;
  /** Completes "Give this process the master key": where it stands. */
  readonly place: string;
}

/** The keys of a store, and how a rotation sees them. */
export interface KeyRing extends Keys {
  /** Every key that is known, the newest first, with the checks by which a store tells it. */
  known(): Promise<readonly KnownKey[]>;
  /** What the store says now. */
  said(): Promise<KeyMarks>;
  /** Throws `configuration` where what is known does not fit what a store says. Asks the store nothing. */
  judge(said: KeyMarks): Promise<void>;
  /** Forgets what was loaded: the next use loads it again. */
  reload(): void;
  /** The key of fingerprints, sealed for the newest key. */
  carriedFingerprintKey(): Promise<string>;
}

/** Where a master key is kept, as a rotation sees it. */
interface KeyKeeper {
  /** Makes a new key beside the one that there is. Where there are two already, they stay. */
  begin(): Promise<void>;
  /** Forgets every key but the newest. Resolves false where a person has to do that. */
  end(): Promise<boolean>;
}

/** Keys that can be rotated. */
export interface RotatingKeys extends KeyRing, KeyKeeper {}

export interface KnownKey {
  readonly sealCheck: string;
  readonly keyCheck: string;
  derive(purpose: string): Buffer;
}

/**
 * Of the keys that are known, the store decides which one it is written with: all processes that know both change over at the
 * same moment. Asks the store only where that is open.
 */
export function createKeyRing({ load, isAtHand, marks, place }: KeyRingOptions): KeyRing {
  let keys = lazy(async () => (await load()).map(knownKey));
  let current: KnownKey | undefined;
  let fingerprint = lazy(() => fingerprintKey());

  async function active(): Promise<KnownKey> {
    const known = await keys.get();
    const [newest] = known;
    if (newest === undefined) throw new Error('There is a key.');
    if (known.length === 1) return newest;
    // Where the store cannot be asked, nothing can be written to it either; what is sealed for callers opens with both.
    current ??= await marks().then(
      (said) => activeOf(known, said) ?? newest,
      () => undefined,
    );
    return current ?? newest;
  }

  async function fingerprintKey(): Promise<Buffer> {
    const said = await marks();
    const key = activeOf(await keys.get(), said) ?? (await active());
    return said.fingerprintKey === undefined ? key.derive('fingerprint') : openFingerprintKey(key, said.fingerprintKey);
  }

  function forget(): void {
    keys = lazy(async () => (await load()).map(knownKey));
    current = undefined;
    fingerprint = lazy(() => fingerprintKey());
  }

  return {
    derive: async (purpose) => (purpose === 'fingerprint' ? fingerprint.get() : (await active()).derive(purpose)),
    async deriveEach(purpose) {
      const first = await active();
      const others = (await keys.get()).filter((one) => one !== first);
      return [first, ...others].map((one) => one.derive(purpose));
    },
    async confirm() {
      const said = await marks();
      const isFixed = said.sealCheck !== undefined || said.keyCheck !== undefined;
      if (!isFixed) return;
      if (await isStale(said)) forget();
      await judge(said);
    },
    judge,
    isAtHand: async () => (await isAtHand()) || keys.peek() !== undefined,
    known: () => keys.get(),
    said: marks,
    reload: forget,
    async carriedFingerprintKey() {
      const [newest] = await keys.get();
      if (newest === undefined) throw new Error('There is a key.');
      const sealed = sealBytes(newest.derive('fingerprint wrap'), await fingerprintKey(), fingerprintContext);
      return sealed.toString('base64');
    },
  };

  async function judge(said: KeyMarks): Promise<void> {
    const known = await keys.get();
    if (said.sealCheck === undefined && said.keyCheck === undefined) return;
    if (activeOf(known, said) === undefined) throw anotherKey(place);
    if (said.rotating !== undefined && !known.some(({ sealCheck }) => sealCheck === said.rotating)) throw halfRotated();
  }

  /** Whether what is known does not fit what the store says. */
  async function isStale(said: KeyMarks): Promise<boolean> {
    const fits = activeOf(await keys.get(), said);
    return fits === undefined || fits !== (await active());
  }
}

/** Undefined where the store says nothing, or something of a key that is not known. */
function activeOf(known: readonly KnownKey[], { sealCheck, keyCheck }: KeyMarks): KnownKey | undefined {
  if (sealCheck === undefined && keyCheck === undefined) return undefined;
  return known.find(
    (key) =>
      (sealCheck === undefined || key.sealCheck === sealCheck) && (keyCheck === undefined || key.keyCheck === keyCheck),
  );
}

const keyBytes = 32;

function knownKey(master: Buffer): KnownKey {
  const made = new Map<string, Buffer>();
  const derive = (purpose: string) => {
    const key = made.get(purpose) ?? Buffer.from(hkdfSync('sha256', master, 'tenantry', purpose, keyBytes));
    made.set(purpose, key);
    // A copy: some callers overwrite theirs.
    return Buffer.from(key);
  };
  return {
    sealCheck: derive('rows check').toString('hex'),
    keyCheck: derive('vault check').toString('hex'),
    derive,
  };
}

const fingerprintContext = Buffer.from('tenantry fingerprint key');

function openFingerprintKey(key: KnownKey, sealed: string): Buffer {
  const opened = openBytes(key.derive('fingerprint wrap'), Buffer.from(sealed, 'base64'), fingerprintContext);
  if (opened !== undefined) return opened;
  throw new AppError(
    'configuration',
    'The key of fingerprints in the connection store was changed by something else.',
    {
      hint: 'Find out who can write to the store, and restore it from a backup.',
    },
  );
}

function halfRotated(): AppError {
  return new AppError('configuration', 'The master key is being rotated, and the earlier key is not known here.', {
    hint: 'Name the earlier key in store.previous_master_key (or restore master.key of the home) until tenantry store rotate-key has come to its end.',
  });
}

function anotherKey(place: string): AppError {
  return new AppError('configuration', 'The master key is not the one that the stored connections were sealed with.', {
    hint: `Restore the original master key (${place}). If it was rotated, this process needs the new one.`,
  });
}
