import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { createPrivateFolder } from '../../core/base/create-private-folder.ts';
import { AppError } from '../../core/base/errors.ts';
import { explainFileError } from '../../core/base/file-error.ts';
import { createPrivateFile, readPrivateFile } from '../../core/base/private-file.ts';
import { type Guard, inspectHome, type PrivatePath } from '../../core/base/private-paths.ts';

/** Where the token of a home is kept. */
export function tokenFile(home: string): PrivatePath {
  return { path: join(home, 'http-token'), noun: 'HTTP token', isSecret: true };
}

/**
 * The token that clients of the HTTP server send: being able to read the file is what tells the user's own programs from
 * those of others. Made at the first start and kept, so that the configuration of a host stays valid and several servers
 * of one home agree; deleting the file and starting again makes another one. Throws `configuration` when others own, may
 * write or may read the file.
 */
export async function loadHttpToken(home: string, guard: Guard): Promise<string> {
  const file = tokenFile(home);
  try {
    guard(inspectHome(home));
    const existing = await readPrivateFile(file, guard);
    if (existing === undefined) {
      createPrivateFolder(home);
      await createPrivateFile(file.path, `${randomBytes(32).toString('base64url')}\n`);
    }
    const token = existing ?? (await readPrivateFile(file, guard));
    if (token !== undefined && /^[\w-]{43}$/.test(token)) return token;
    throw unusable(file.path, 'it does not hold a token');
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unusable(file.path, explainFileError(error));
  }
}

function unusable(path: string, reason: string): AppError {
  return new AppError('configuration', `The HTTP token ${path} cannot be used: ${reason}.`, {
    hint: 'Delete the file and start again, which makes a new one; or check its folder, or use --socket.',
  });
}

/** Whether an `Authorization` header carries the token. How long it takes says nothing about the token. */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
