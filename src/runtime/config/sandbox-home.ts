import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivateFolder } from '../../core/base/create-private-folder.ts';
import { AppError } from '../../core/base/errors.ts';
import { explainFileError } from '../../core/base/file-error.ts';

// A sandbox home is marked, so that nothing real comes into it and nothing of it is taken for real.

/** The file that marks a home as one of the sandbox. */
const marker = 'sandbox-home';

const markerText = `Everything in this folder belongs to the sandbox tenant of Tenantry; nothing in it is real.
Use it with "tenantry … --sandbox --home FOLDER", or while "tenantry sandbox --home FOLDER" runs.
`;

/** What a person may have put there for the sandbox. */
const harmless: ReadonlySet<string> = new Set(['secrets']);

export function isSandboxHome(home: string): boolean {
  return existsSync(join(home, marker));
}

/**
 * Makes a folder the home of a sandbox: one that is marked, or absent, or empty. Throws `configuration` for any other,
 * which may hold connections to real tenants.
 */
export function claimSandboxHome(home: string): void {
  try {
    if (isSandboxHome(home)) return;
    const others = existsSync(home) ? readdirSync(home).filter((name) => !harmless.has(name)) : [];
    if (others.length > 0) throw notASandboxHome(home);
    createPrivateFolder(home);
    writeFileSync(join(home, marker), markerText, { mode: 0o600 });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('configuration', `The home folder ${home} cannot be used: ${explainFileError(error)}.`, {
      hint: 'Name another folder with --home.',
    });
  }
}

function notASandboxHome(home: string): AppError {
  return new AppError('configuration', `${home} is not a home of the sandbox: it holds other things.`, {
    hint: 'Name an empty or new folder with --home, or leave --home out: then the sandbox has a home for this run alone.',
  });
}

/** A home of the sandbox was used without a sandbox. */
export function needsSandbox(home: string): AppError {
  return new AppError('configuration', `${home} is a home of the sandbox, and no sandbox is named in it.`, {
    hint: 'Add --sandbox to go on in it, or name another folder with --home.',
  });
}
