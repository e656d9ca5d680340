import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AppError } from '../core/base/errors.ts';
import { explainFileError } from '../core/base/file-error.ts';
import type { Lazy } from '../core/base/lazy.ts';
import { createPrivateFileBy } from '../core/base/private-file.ts';
import type { Keys, Storage } from '../core/storage/storage.ts';
import type { RowCounts } from '../core/storage/transfer/export-store.ts';
import type { ImportCounts } from '../core/storage/transfer/import-store.ts';
import type { RotationCounts, RotationOptions } from '../core/storage/transfer/rotate-key.ts';
import type { StoreTables, StoreVersions } from '../core/storage/transfer/store-tables.ts';
import type { KeyMarks, RotatingKeys } from '../core/storage/vault/key-ring.ts';

/** What the operator does with the store as a whole. */
export interface StoreUpkeep {
  /** Makes the tables, or brings them to this version. */
  migrate(): Promise<StoreVersions>;
  /** Writes everything that is carried into a new file that only its owner may read. */
  exportTo(path: string, signal: AbortSignal): Promise<RowCounts>;
  /** Carries an export into the store: all of it, or nothing. */
  importFrom(path: string, how: ImportWay): Promise<ImportCounts>;
  /** Brings everything under a new master key: in steps, and where it was interrupted it goes on. */
  rotateKey(how: RotationWay): Promise<RotationCounts>;
  /** How the store stands. Makes no table, no file and no key, and changes nothing. */
  state(): Promise<StoreState>;
}

export interface StoreState {
  /** Version of the tables; 0 where nothing outlives the process, or nothing is kept yet. */
  readonly version: number;
  /** The version that this code works with. */
  readonly wanted: number;
  /** How the connection to the database is encrypted; absent where it is not, or there is none. */
  readonly tls?: string;
  /** `unused`: nothing is under a master key yet. */
  readonly key: 'right' | 'unused';
  /** Why the master key cannot be used. */
  readonly keyProblem?: unknown;
  /** `prepared`: two keys are known and the earlier one counts; `done`: the earlier one may go. */
  readonly rotation: 'none' | 'prepared' | 'under way' | 'done';
}

export type RotationWay = Pick<RotationOptions, 'signal' | 'onProgress' | 'settleMs'>;

export interface ImportWay {
  /** Whether the file's connections and secrets take the place of others with the same names. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
}

export function createStoreUpkeep(storage: Lazy<Storage>): StoreUpkeep {
  return {
    migrate: async () => (await carried(storage)).tables.versions(),
    async exportTo(path, signal) {
      const { exportStore } = await import('../core/storage/transfer/export-store.ts');
      const store = await sealed(storage);
      let counts: RowCounts | undefined;
      const isMade = await createPrivateFileBy(path, async (file) => {
        counts = await exportStore({ ...store, signal, write: async (text) => file.writeFile(text) });
      }).catch((error: unknown) => {
        throw isFileError(error) ? cannotWrite(path, error) : error;
      });
      if (!isMade || counts === undefined) throw fileThere(path);
      return counts;
    },
    async importFrom(path, way) {
      const { importStore } = await import('../core/storage/transfer/import-store.ts');
      const store = await sealed(storage);
      try {
        return await importStore({ ...store, ...way, lines: linesOf(path) });
      } catch (error) {
        throw isFileError(error) ? cannotRead(path, error) : error;
      }
    },
    async rotateKey(how) {
      const { rotateKey } = await import('../core/storage/transfer/rotate-key.ts');
      const { tables } = await sealed(storage);
      const { masterKey: keys } = await storage.get();
      if (keys === undefined) {
        throw new AppError(
          'unsupported',
          'The storage of this configuration has no master key that could be rotated.',
          {
            hint: 'Use the embedded storage or PostgreSQL.',
          },
        );
      }
      return rotateKey({ tables, keys, ...how });
    },
    async state() {
      const { tables, masterKey } = await storage.get();
      if (tables === undefined) return { version: 0, wanted: 0, key: 'unused', rotation: 'none' };
      const { marks, ...look } = await tables.look();
      const isUsed = marks.sealCheck !== undefined || marks.keyCheck !== undefined;
      const key = isUsed ? 'right' : 'unused';
      try {
        // Where nothing is under a key, looking for one in the home folder would make it.
        if (isUsed || (await masterKey?.isAtHand())) await masterKey?.judge(marks);
        return { ...look, key, rotation: await rotationOf(marks, masterKey) };
      } catch (keyProblem) {
        return { ...look, key, keyProblem, rotation: marks.rotating === undefined ? 'none' : 'under way' };
      }
    },
  };
}

async function rotationOf(said: KeyMarks, keys: RotatingKeys | undefined): Promise<StoreState['rotation']> {
  if (said.rotating !== undefined) return 'under way';
  if (said.sealCheck === undefined || keys === undefined) return 'none';
  const known = await keys.known();
  if (known.length < 2) return 'none';
  return known[0]?.sealCheck === said.sealCheck ? 'done' : 'prepared';
}

interface Carried {
  readonly tables: StoreTables;
  readonly keys: Keys;
}

async function carried(storage: Lazy<Storage>): Promise<Carried> {
  const { tables, keys } = await storage.get();
  if (tables === undefined) {
    throw new AppError('unsupported', 'The storage of this configuration keeps nothing that could be carried.', {
      hint: 'Use the embedded storage or PostgreSQL.',
    });
  }
  return { tables, keys };
}

/** A store of an older version is sealed by the first look at its records; nobody has this owner's. */
async function sealed(storage: Lazy<Storage>): Promise<Carried> {
  await (await storage.get()).records.list('');
  return carried(storage);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path, { encoding: 'utf8' });
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    stream.destroy();
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && !(error instanceof AppError) && 'syscall' in error;
}

function cannotWrite(path: string, error: unknown): AppError {
  return new AppError('configuration', `The export ${path} cannot be written: ${explainFileError(error)}.`, {
    hint: 'Name a file in a folder that is writable and has room.',
    cause: error,
  });
}

function cannotRead(path: string, error: unknown): AppError {
  return new AppError('configuration', `The export ${path} cannot be read: ${explainFileError(error)}.`, {
    hint: 'Name the file that tenantry store export has made.',
    cause: error,
  });
}

function fileThere(path: string): AppError {
  return new AppError('configuration', `There is a file at ${path} already.`, {
    hint: 'Name another file, or remove that one first.',
  });
}
