import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliPath, Product } from './product.ts';

/** What `tenantry sandbox` prints when it is ready. */
export interface ReadyLine {
  readonly url: string;
  readonly clouds: Readonly<
    Record<'sandbox', Readonly<Record<'login' | 'graph' | 'resource_manager' | 'devops', string>> & ReadyDataPlanes>
  >;
  readonly home: string;
  /** Path, with `--tls`. */
  readonly certificate?: string;
  readonly credentials: ReadyCredentials;
  /** With `--tenants`. */
  readonly tenants?: readonly ReadyTenant[];
}

interface ReadyTenant {
  readonly domain: string;
  readonly connection: string;
  readonly credentials: ReadyCredentials;
}

interface ReadyDataPlanes {
  readonly data_plane: Readonly<Record<string, string>>;
}

export interface ReadyCredentials {
  readonly tenant_id: string;
  readonly subscription_id: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly organization: string;
}

/** A running `tenantry sandbox`, as the built command line starts it. */
export interface ServedSandbox {
  readonly line: ReadyLine;
  /** The certificate that clients have to trust, as PEM; empty without `--tls`. */
  readonly authority: string;
  /** For commands of the product on its home: `args` and `env` of a lab. */
  readonly lab: Pick<ConstructorParameters<typeof Product>[0], 'env' | 'args'>;
  /** Stops it as Ctrl-C does and resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `tenantry sandbox --port 0` with more arguments and waits for its line. */
export async function serveSandbox(...args: string[]): Promise<ServedSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-served-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder };
  const lab = { env, args: (...given: string[]) => [cliPath, ...given] };
  const product = new Product(lab, 'sandbox', '--port', '0', ...args);
  const line: ReadyLine = JSON.parse(await product.until(({ stdout }) => (stdout.endsWith('\n') ? stdout : undefined)));
  return {
    line,
    lab,
    authority: line.certificate === undefined ? '' : await readFile(line.certificate, 'utf8'),
    async stop() {
      product.process.kill('SIGINT');
      const code = await product.exit;
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}
