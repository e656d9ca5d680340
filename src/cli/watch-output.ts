import { explainFileError } from '../core/base/file-error.ts';
import { exitCodes } from './exit-codes.ts';

/** What became of the output of this process. */
export interface WatchedOutput {
  /** The exit code, once everything was written: a command whose output was lost has failed. */
  codeAfter(code: number): number;
}

/**
 * Watches stdout. When its reader has gone (`tenantry tools | head -1`) or it cannot be written (a full disk), running work
 * ends as on a signal, so that it leaves nothing behind. The first is no failure.
 */
export function watchOutput({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): WatchedOutput {
  const failures: Error[] = [];
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failures.push(error);
    if (!process.emit('SIGPIPE', 'SIGPIPE') && failures.length === 0) process.exit(exitCodes.success);
  });
  // Nobody can be told.
  stderr.on('error', () => undefined);
  return {
    codeAfter(code) {
      const [failure] = failures;
      if (failure === undefined) return code;
      stderr.write(`error: The output could not be written: ${explainFileError(failure)}.\n`);
      return code === exitCodes.success ? exitCodes.toolError : code;
    },
  };
}
