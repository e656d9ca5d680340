import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts processes and makes sure that none of them outlives the run. */
export class ChildProcesses {
  readonly #running = new Set<ChildProcess>();

  /** Starts a program of this Node with a clean environment. */
  spawn(args: readonly string[], options: SpawnOptions): ChildProcess {
    return this.#track(spawn(process.execPath, args, options));
  }

  /** Starts a TypeScript file with an IPC channel; it must exit by itself when the channel closes. */
  fork(file: string): ChildProcess {
    return this.#track(fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  /** Ends everything that is still running, at once. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }

  #track(child: ChildProcess): ChildProcess {
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }
}

/** Waits until the process is gone; ends it by force after `graceMs`. */
export async function ended(child: ChildProcess, graceMs = 3_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await once(child, 'exit');
  clearTimeout(force);
}

/** Sends one message to a forked process and waits for the answer to it. */
export async function ask(child: ChildProcess, message: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
  const answered = once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) });
  child.send(message);
  const [answer] = await answered;
  return answer;
}
