import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/sandbox.ts';

/** The built command line. `npm test` builds it first. */
export const cliPath = fileURLToPath(
  new URL(process.env['TENANTRY_TEST_CLI'] ?? '../../../dist/cli.js', import.meta.url),
);

/** A home folder with a configuration whose cloud `lab` is a sandbox on a loopback port of the test process. */
export interface Lab {
  readonly home: string;
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  /** Arguments of node that start the command line with this home. */
  args(...args: string[]): string[];
  close(): Promise<void>;
}

export interface LabOptions extends SandboxOptions {
  readonly access?: 'read_only' | 'read_write';
  readonly logLevel?: string;
  /** Section `policy` of the configuration. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** More clouds by name, beside `lab`. */
  readonly clouds?: Readonly<Record<string, unknown>>;
  /** Section `http` of the configuration. */
  readonly http?: Readonly<Record<string, unknown>>;
  /** Section `store` of the configuration. */
  readonly store?: Readonly<Record<string, unknown>>;
  /** Who may use the connection `lab`, besides the person at this machine. */
  readonly sharedWith?: readonly Readonly<Record<string, unknown>>[];
  /** More variables of the process. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function openLab({
  access = 'read_write',
  logLevel = 'error',
  policy = {},
  clouds = {},
  http,
  store,
  sharedWith,
  env = {},
  ...options
}: LabOptions = {}): Promise<Lab> {
  const home = await mkdtemp(join(tmpdir(), 'tenantry-e2e-'));
  const sandbox = createSandbox(options);
  const { cloud } = await sandbox.listen(0);
  const { tenantId, clientId, clientSecret } = sandbox.credentials;
  const config = {
    clouds: {
      lab: { login: cloud.login, graph: cloud.graph, resource_manager: cloud.resourceManager, devops: cloud.devops },
      ...clouds,
    },
    policy,
    ...(http && { http }),
    ...(store && { store }),
    connections: [
      {
        name: 'lab',
        cloud: 'lab',
        scopes: ['directory'],
        access,
        tenant_id: tenantId,
        client_id: clientId,
        client_secret: { env: 'LAB_SECRET' },
        ...(sharedWith && { shared_with: sharedWith }),
      },
    ],
  };
  const file = join(home, 'lab.yaml');
  await writeFile(file, JSON.stringify(config));
  return {
    home,
    sandbox,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      TENANTRY_HOME: home,
      TENANTRY_CONFIG: file,
      TENANTRY_VAULT: 'file',
      TENANTRY_LOG_LEVEL: logLevel,
      LAB_SECRET: clientSecret,
      ...env,
    },
    args: (...args) => [cliPath, ...args],
    async close() {
      await sandbox.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A process of the built command line, with everything that it wrote. */
export class Product {
  readonly process: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  stdout = '';
  stderr = '';
  readonly #waiting = new Set<() => void>();

  /** `cwd`: the folder to start in; default that of the tests. */
  constructor(lab: Pick<Lab, 'env' | 'args'> & { readonly cwd?: string }, ...args: string[]) {
    this.process = spawn(process.execPath, lab.args(...args), { env: lab.env, cwd: lab.cwd, stdio: 'pipe' });
    this.process.stdin.on('error', () => undefined);
    this.process.stdout.on('data', (chunk: Buffer) => this.#heard(() => (this.stdout += chunk.toString())));
    this.process.stderr.on('data', (chunk: Buffer) => this.#heard(() => (this.stderr += chunk.toString())));
    this.exit = new Promise((resolve) => this.process.once('close', (code) => resolve(code)));
    void this.exit.then(() => this.#heard(() => undefined));
  }

  #heard(note: () => void): void {
    note();
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves as soon as something that was written satisfies `find`. */
  until<T>(find: (product: Product) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find(this);
        if (found !== undefined) {
          this.#waiting.delete(look);
          resolve(found);
        } else if (this.process.exitCode !== null) {
          this.#waiting.delete(look);
          reject(new Error(`The process ended with ${this.process.exitCode}.\n${this.stdout}\n${this.stderr}`));
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  /** Answer to the request with this id. */
  answer(id: number): Promise<Readonly<Record<string, unknown>>> {
    return this.until(({ messages }) => messages.find((message) => message['id'] === id));
  }

  /** Everything on stdout; throws when a line is not JSON-RPC. */
  get messages(): ReadonlyArray<Readonly<Record<string, unknown>>> {
    const complete = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return complete
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const message: Record<string, unknown> = JSON.parse(line);
        if (message['jsonrpc'] !== '2.0') throw new Error(`not JSON-RPC: ${line.slice(0, 200)}`);
        return message;
      });
  }

  async initialize(): Promise<void> {
    this.send({
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    });
    await this.answer(0);
    this.send({ method: 'notifications/initialized' });
  }

  /** Ends the process if the test has not. */
  async stop(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exit;
  }
}

/** Address of the MCP endpoint of a process that was started with `http`, and the header that it wants. */
export interface HttpAccess {
  readonly url: string;
  readonly tokenPath: string;
  readonly headers: { readonly authorization: string };
}

/** Read from the line that says that the server is ready, as a person does it. */
export async function httpAccess(product: Product): Promise<HttpAccess> {
  const [, url = '', tokenPath = ''] = await product.until(
    ({ stderr }) => /(http:\/\/\S+\/mcp) .* the token in (\S+)\n/.exec(stderr) ?? undefined,
  );
  const token = (await readFile(tokenPath, 'utf8')).trim();
  return { url, tokenPath, headers: { authorization: `Bearer ${token}` } };
}

/** A host gives up on a server that has not gone a second after its stdin ended. */
export async function exitWithinASecond(product: Product): Promise<number | null> {
  const limit = AbortSignal.timeout(1_000);
  const late = new Promise<'late'>((resolve) => limit.addEventListener('abort', () => resolve('late')));
  const code = await Promise.race([product.exit, late]);
  if (code === 'late') throw new Error('The process was still there after a second.');
  return code;
}
