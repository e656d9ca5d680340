import { chmodSync, existsSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname } from 'node:path';
import { AppError } from '../../core/base/errors.ts';
import { currentUser, type Guard, inspectFoldersAbove } from '../../core/base/private-paths.ts';
import { isLoopbackHost } from '../../core/base/public-address.ts';

export interface ListenPlace {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Without it, only this machine may come in. */
  readonly isSignedIn: boolean;
}

const noSuchHost = {
  reason: 'this machine has no such address',
  hint: 'Name an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all.',
};
const listenProblems: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  EADDRINUSE: { reason: 'the port is in use', hint: 'Choose another --port, or 0 for any free one.' },
  EACCES: {
    reason: 'this user may not take the port',
    hint: 'Choose a --port of 1024 or more, and put a proxy in front of it.',
  },
  EADDRNOTAVAIL: noSuchHost,
  ENOTFOUND: noSuchHost,
};

/** Listens on a port; resolves with its number. Throws `configuration` for ports in use, and for hosts that are too open. */
export async function listenOnPort(server: Server, { host, port, isSignedIn }: ListenPlace): Promise<number> {
  if (!isSignedIn && !isLoopbackHost(host)) {
    throw new AppError('configuration', `The HTTP server does not listen on ${host} where there is no sign-in.`, {
      hint: 'Use --host 127.0.0.1, ::1 or localhost, and put no proxy in front of it that lets others in; or configure http.sign_in.',
    });
  }
  try {
    await listening(server, () => server.listen(port, host));
  } catch (error) {
    const code = codeOf(error);
    const { reason, hint } = listenProblems[code] ?? { reason: code, hint: 'Check --host and --port.' };
    throw new AppError('configuration', `Cannot listen on ${host}:${port}: ${reason}.`, { hint, cause: error });
  }
  // A TCP server has an address of this shape once it listens.
  return (server.address() as AddressInfo).port;
}

/** Room for the path in the address of a socket, its final zero left out (unix(7); shorter on macOS and BSD). */
const longestPath = process.platform === 'linux' ? 107 : 103;

/**
 * Listens on a Unix socket that only this user can connect to. What a server of ours that died has left in its place is
 * removed; anything else that is there is left alone, with a `configuration` error. The socket goes when the server
 * closes.
 */
export async function listenOnSocket(server: Server, path: string, guard: Guard): Promise<void> {
  if (process.platform === 'win32') {
    throw new AppError('unsupported', 'Unix sockets are not supported on Windows.', { hint: 'Use --port.' });
  }
  const bytes = Buffer.byteLength(path);
  if (bytes > longestPath) {
    const message = `The path of the socket is too long: ${bytes} bytes, ${longestPath} are possible.`;
    throw new AppError('configuration', message, { hint: 'Use a shorter path.' });
  }
  guard(inspectFoldersAbove(path, 'socket'));
  // The system would only say that access is denied.
  if (!existsSync(dirname(path))) throw cannotListen(path, 'its folder does not exist');
  try {
    await bind(server, path);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw cannotListen(path, codeOf(error), error);
    await replaceDead(server, path);
  }
}

async function bind(server: Server, path: string): Promise<void> {
  await listening(server, () => {
    // The socket is made with this mask: at no moment can others connect.
    const mask = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
  });
  // Some systems ignore the mask for sockets.
  chmodSync(path, 0o600);
}

/**
 * Takes the place of a server of ours that no longer runs. One process at a time: another one that found the same dead
 * socket would remove the new one.
 */
async function replaceDead(server: Server, path: string): Promise<void> {
  const lock = `${path}.lock`;
  try {
    mkdirSync(lock, { mode: 0o700 });
  } catch (error) {
    const reason =
      codeOf(error) === 'EEXIST' ? `another server is just taking it (if none is, remove ${lock})` : undefined;
    throw cannotListen(path, reason ?? codeOf(error), error);
  }
  try {
    await requireDead(path);
    rmSync(path, { force: true });
    await bind(server, path);
  } catch (error) {
    throw error instanceof AppError ? error : cannotListen(path, codeOf(error), error);
  } finally {
    rmdirSync(lock);
  }
}

async function requireDead(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw cannotListen(path, 'there is something else than a socket');
  if (found.uid !== currentUser()?.uid) throw cannotListen(path, 'there is a socket of another user');
  if (await answers(path)) throw cannotListen(path, 'another server listens there');
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const end = (isAlive: boolean) => {
      probe.destroy();
      resolve(isAlive);
    };
    probe.once('connect', () => end(true));
    // Only a refused connection proves that nobody listens.
    probe.once('error', (error) => end(codeOf(error) !== 'ECONNREFUSED'));
  });
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}

function cannotListen(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('configuration', `Cannot listen on the socket ${path}: ${reason}.`, {
    hint: 'Choose another path for --socket, in a folder of your own.',
    cause,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
}
