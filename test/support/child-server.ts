import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';

/** A third-party server, run as a child process for one test file. */
export interface ChildServer {
  readonly pid: number;
  /** Ends it by its pid and waits until it is gone. */
  stop(): Promise<void>;
}

export interface ChildServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Output text that shows that it is listening. */
  readonly ready: RegExp;
  readonly signal?: NodeJS.Signals;
  readonly environment?: Readonly<Record<string, string>>;
  /** Another user to run it as, if this process is allowed to. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

/** Starts a server and waits until it is ready. Fails with its output if it exits first. */
export async function startChildServer(options: ChildServerOptions): Promise<ChildServer> {
  const child = spawn(options.command, options.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...options.account,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await untilReady(child, options.ready);
  return {
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill(options.signal ?? 'SIGTERM');
      await exited;
    },
  };
}

function untilReady(child: ChildProcess, ready: RegExp): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (ready.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${output.slice(-2_000)}`)));
  });
}

/** A port of 127.0.0.1 that was free a moment ago, for servers that cannot choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
