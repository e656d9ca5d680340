import { accessSync, constants, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError } from './errors.ts';

/**
 * What happens to a home, database, key or configuration that strangers own or others may write: it is refused, as ssh
 * does it, or (on volumes that have no modes) only reported.
 */
export type HomeCheck = 'refuse' | 'warn';

/** A file or folder that decides what Tenantry does. */
export interface PrivatePath {
  readonly path: string;
  /** What it is: `home folder`, `master key`. */
  readonly noun: string;
  /** Whether others may not even read it. */
  readonly isSecret?: boolean;
}

/** What is wrong with an owner or a mode. */
export interface PathFinding {
  /** One sentence. */
  readonly problem: string;
  /** The next step: a command. */
  readonly fix: string;
  /** Whether it is refused; the rest is worth a warning. */
  readonly isRefused: boolean;
}

/** Who runs this process. Null on Windows, where nothing is checked: files are guarded by the user's profile. */
export interface PathUser {
  readonly uid: number;
}

export function currentUser(): PathUser | null {
  const uid = process.platform === 'win32' ? undefined : process.geteuid?.();
  return uid === undefined ? null : { uid };
}

const othersWrite = 0o002;
const othersRead = 0o004;
const groupWrites = 0o020;
const groupAny = 0o070;
const sticky = 0o1000;

/** Compares owner and mode with what is safe. `stats` is of the path itself, or of the file that was opened. */
export function inspectPath(
  { path, noun, isSecret = false }: PrivatePath,
  stats: Pick<Stats, 'uid' | 'mode'>,
  user = currentUser(),
): readonly PathFinding[] {
  if (user === null) return [];
  const { uid, mode } = stats;
  const what = `The ${noun} ${path}`;
  const shown = quoted(path);
  const findings: PathFinding[] = [];
  const add = (isRefused: boolean, problem: string, fix: string) => findings.push({ isRefused, problem, fix });
  if (uid !== user.uid && uid !== 0) {
    add(
      true,
      `${what} belongs to another user (id ${uid}).`,
      `Run Tenantry as that user or, if it is yours: sudo chown ${user.uid} ${shown}`,
    );
  }
  if ((mode & othersWrite) !== 0 && !isOnReadOnlyVolume(path)) {
    add(true, `${what} can be changed by other users.`, `Run: chmod ${isSecret ? '600' : 'o-w'} ${shown}`);
  } else if (isSecret && (mode & othersRead) !== 0) {
    add(true, `${what} can be read by other users.`, `Run: chmod 600 ${shown}`);
  }
  const groupBits = isSecret ? groupAny : groupWrites;
  if ((mode & groupBits) !== 0) {
    const may = (mode & groupWrites) !== 0 ? 'changed' : 'read';
    add(false, `${what} can be ${may} by its group.`, `Run: chmod ${isSecret ? '600' : 'g-w'} ${shown}`);
  }
  return findings;
}

/**
 * Findings about a home folder and the folders above it. Nothing is wrong with a home that does not exist yet, but
 * where it would be made may be.
 */
export function inspectHome(home: string, user = currentUser()): readonly PathFinding[] {
  if (user === null) return [];
  const stats = statSync(home, { throwIfNoEntry: false });
  const own = stats === undefined ? [] : inspectPath({ path: home, noun: 'home folder' }, stats, user);
  return [...own, ...inspectFoldersAbove(home, 'home folder', user)];
}

/**
 * Findings about the folders above a path: where everybody may rename in one of them, a stranger can put something else
 * in the place of the path. A stranger who owns one can do so too, but what they put there is theirs, and is refused by
 * its owner: that is a warning only, since containers show folders of the host under strange owners.
 */
export function inspectFoldersAbove(path: string, noun: string, user = currentUser()): readonly PathFinding[] {
  if (user === null) return [];
  // A link is followed, so both ways matter: the one to the link and the one to what it leads to.
  const folders = new Set([...foldersAbove(resolve(path)), ...foldersAbove(realPathOf(path))]);
  return [...folders].flatMap((folder): PathFinding[] => {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    const what = `The folder ${folder}, in which the ${noun} is,`;
    if ((stats.mode & othersWrite) !== 0 && (stats.mode & sticky) === 0 && !isOnReadOnlyVolume(folder)) {
      const problem = `${what} can be changed by other users.`;
      return [{ isRefused: true, problem, fix: `Run: chmod o-w ${quoted(folder)}` }];
    }
    if (stats.uid === user.uid || stats.uid === 0) return [];
    const problem = `${what} belongs to another user (id ${stats.uid}).`;
    return [{ isRefused: false, problem, fix: 'Use a folder of your own.' }];
  });
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...foldersAbove(above)];
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** What was found on the way to a file that was opened or is about to be used. */
export type Guard = (findings: readonly PathFinding[]) => void;

/** Throws `configuration` at the first finding that is refused; with `warn`, tells `onFinding` instead, once each. */
export function createGuard(check: HomeCheck, onFinding: (finding: PathFinding) => void = () => undefined): Guard {
  const told = new Set<string>();
  return (findings) => {
    for (const finding of findings.filter(({ isRefused }) => isRefused)) {
      if (check === 'refuse') throw refusal(finding);
      if (!told.has(finding.problem)) onFinding(finding);
      told.add(finding.problem);
    }
  };
}

function refusal({ problem, fix }: PathFinding): AppError {
  return new AppError('configuration', problem, {
    hint: `${fix} (On a volume without owners and modes, set TENANTRY_HOME_CHECK=warn.)`,
  });
}

/** A path as a shell reads it. */
function quoted(path: string): string {
  return /^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Where nobody can write, modes say nothing: container platforms mount configuration that way. */
function isOnReadOnlyVolume(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS';
  }
}
