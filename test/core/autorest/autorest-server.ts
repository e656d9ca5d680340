import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HttpClient } from '@azure/core-rest-pipeline';

const require = createRequire(import.meta.url);
const root = dirname(require.resolve('@microsoft.azure/autorest.testserver/package.json'));

/** Keeps the server on the loopback address and lets it choose its port: it knows neither by itself. */
const onLoopback = `import net from 'node:net';
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ...rest);
};`;

export interface AutorestServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts Autorest's test server as a process of its own. */
export async function startAutorestServer(): Promise<AutorestServer> {
  const coverage = await mkdtemp(join(tmpdir(), 'tenantry-autorest-'));
  const child = spawn(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(onLoopback)}`,
      join(root, 'dist/cli/cli.js'),
      '--port',
      '0',
      '--coverageDirectory',
      coverage,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      said = (said + text).slice(-10_000);
      const started = /Started server on port (\d+)/.exec(said)?.[1];
      if (started !== undefined) resolve(started);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Autorest's test server ended with code ${code}.`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill();
      await ended;
      await rm(coverage, { recursive: true, force: true });
    },
  };
}

/** The server remembers in a cookie which step of a scenario comes next; it also says which routes were called. */
export interface ScenarioClient extends HttpClient {
  /** Paths that were called, as `METHOD /path`. */
  readonly called: readonly string[];
  /** Forgets the cookies: another scenario begins. */
  forget(): void;
}

export function withCookies(inner: HttpClient): ScenarioClient {
  const jar = new Map<string, string>();
  const called: string[] = [];
  return {
    called,
    forget: () => jar.clear(),
    async sendRequest(request) {
      called.push(`${request.method} ${new URL(request.url).pathname}`);
      if (jar.size > 0) {
        request.headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
      } else {
        request.headers.delete('Cookie');
      }
      const response = await inner.sendRequest(request);
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(response.headers.get('set-cookie') ?? '') ?? [];
      if (name !== undefined && value !== undefined) {
        jar.set(name, value);
        if (value === '') jar.delete(name);
      }
      return response;
    },
  };
}

interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const methods = ['get', 'head', 'put', 'post', 'patch', 'delete', 'options'];

/** Operations that the server's own specifications describe, as `METHOD /path`. */
export async function describedOperations(file: string, prefix = '/'): Promise<readonly string[]> {
  const text = await readFile(join(root, 'swagger', file), 'utf8');
  const { paths }: Specification = JSON.parse(text.replace(/^\uFEFF/, ''));
  return Object.entries(paths)
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => methods.includes(method))
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
}

/** A route of the server: what it answers, whether a specification describes it or another answer leads to it. */
export interface ServerRoute {
  /** `GET /lro/put/:code` as the server writes it. */
  readonly name: string;
  matches(called: string): boolean;
}

interface RouteLayer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

function routeOf(method: string, path: string): ServerRoute {
  const name = `${method.toUpperCase()} ${path.length > 1 ? path.replace(/\/$/, '') : path}`;
  const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replace(/:[A-Za-z]+/g, '[^/]+')}/?$`, 'i');
  return { name, matches: (called) => pattern.test(called) };
}

/** Routes in the order in which the server looks at them. */
export function serverRoutes(): readonly ServerRoute[] {
  const found: ServerRoute[] = [];
  const older = [
    ['paging', '/paging'],
    ['lros', '/lro'],
    ['lroParameterizedEndpoints', '/lroParameterizedEndpoints'],
  ];
  for (const [file = '', prefix = ''] of older) {
    const Routes = require(join(root, 'legacy/routes', `${file}.js`));
    const layers: readonly RouteLayer[] = new Routes({}, {}).router.stack;
    for (const { route } of layers) {
      for (const method of Object.keys(route?.methods ?? {})) {
        found.push(routeOf(method, `${prefix}${route?.path ?? ''}`));
      }
    }
  }
  return found;
}

/** The routes of the newer part of the server, read from its source: loading it would start its logger. */
export async function newerRoutes(): Promise<readonly ServerRoute[]> {
  const files = ['paging.js', 'lro/lro-double-headers.js', 'lro/lro-parameterized-endpoints.js'];
  const texts = await Promise.all(files.map((file) => readFile(join(root, 'dist/test-routes', file), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/app\.(get|put|post|patch|delete|head)\("([^"]+)"/g)].map(([, method = '', path = '']) =>
      routeOf(method, path),
    ),
  );
}
