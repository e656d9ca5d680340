import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operatorAt, type PersonPage } from '../../../src/core/base/authority.ts';
import { Caller } from '../../../src/core/base/caller.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { isPagePath } from '../../../src/pages/signed-in/page-paths.ts';
import { buildPolicy } from '../../../src/runtime/config/config-sections.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { runTool } from '../../../src/server/run-tool.ts';
import { tools } from '../../../src/tools/registry.ts';
import { type OidcServer, startOidcServer } from '../../support/oidc-server.ts';
import type { Answer } from '../../support/sandbox-tools.ts';

export const tenant = 'aaaaaaaa-0000-4000-8000-000000000001';
export const otherTenant = 'aaaaaaaa-0000-4000-8000-000000000002';
export const ada = { oid: 'bbbbbbbb-0000-4000-8000-000000000001', name: 'Ada Lovelace' };
export const bob = { oid: 'bbbbbbbb-0000-4000-8000-000000000002', name: 'Bob Martin' };
const clientId = 'cccccccc-0000-4000-8000-000000000001';

/** What the client of a call can do for its person. */
export interface ClientModes {
  readonly form?: boolean;
  readonly url?: boolean;
  /** Told of every question that a form puts. */
  readonly onForm?: (message: string) => void;
  readonly onPage?: (page: PersonPage) => void;
}

/** Two nodes of one store behind an address that leads to each in turn, and a login host. */
export interface WebLab {
  readonly publicUrl: string;
  readonly oidc: OidcServer;
  readonly sandbox: Sandbox;
  /** Calls are made on the first. */
  readonly nodes: readonly Runtime[];
  readonly announced: readonly string[];
  call(caller: Caller, tool: string, input: Readonly<Record<string, unknown>>, client?: ClientModes): Promise<Answer>;
  /** A connection of this caller that signs in. */
  connect(caller: Caller, name: string): Promise<void>;
  close(): Promise<void>;
}

export interface WebLabOptions {
  /** Default true. */
  readonly hasSecret?: boolean;
  readonly tenants?: readonly string[];
  /** Path that a proxy puts before the server. */
  readonly base?: string;
}

export function callerOf({ oid, name }: typeof ada, of = tenant): Caller {
  return new Caller({ id: `${of}/${oid}`, name });
}

export async function openWebLab(options: WebLabOptions = {}): Promise<WebLab> {
  const { hasSecret = true, tenants = [tenant], base = '' } = options;
  const oidc = await startOidcServer({ tenants: [tenant, otherTenant], clientId, users: { ada, bob } });
  const home = await mkdtemp(join(tmpdir(), 'tenantry-web-'));
  const sandbox = createSandbox({ now: new Date().toISOString() });
  const nodes: Runtime[] = [];
  const announced: string[] = [];
  let turn = 0;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]?.slice(base.length) ?? '';
    const { webPages } = nodes[turn++ % nodes.length] ?? {};
    if (webPages === undefined || !isPagePath(path)) {
      response.writeHead(404).end();
    } else {
      void webPages.handle(request, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server has an address of this shape once it listens.
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  const environment: Readonly<Record<string, string>> = { TENANTRY_SECRET_PAGES: oidc.clientSecret };
  const { config } = await loadConfig({
    flags: { home, logLevel: 'silent' },
    environment: (name) => environment[name],
  });
  const { tenantId, subscriptionId, clientId: appId, clientSecret } = sandbox.credentials;
  const signIn = {
    cloud: { ...sandbox.cloud, name: 'lab', login: oidc.base },
    tenants,
    clientId,
    audiences: [clientId],
    applicationIdUri: `api://${clientId}`,
    ...(hasSecret ? { clientSecret: { env: 'TENANTRY_SECRET_PAGES' } } : {}),
  };
  const limits = { mostBodyBytes: 4_194_304, mostSockets: 2_000, mostSessionsPerCaller: 32, mostRequestsPerCaller: 64 };
  for (let node = 0; node < 2; node++) {
    nodes.push(
      createRuntime({
        config: {
          ...config,
          policy: buildPolicy({ confirm: 'risky' }),
          http: { publicUrl, allowedOrigins: [], drainMs: 0, signIn, limits },
        },
        version: '0.0.0',
        pages: { announce: (line) => announced.push(line), atPublicAddress: true },
        embedded: {
          httpClient: sandbox.httpClient,
          cloud: sandbox.cloud,
          clock: sandbox.clock,
          connection: {
            name: 'sandbox',
            provider: 'azure',
            scopes: ['directory', 'resources'],
            cloud: sandbox.cloud.name,
            access: 'read_write',
            auth_type: 'azure',
            scope_level: 'subscription',
            settings: {},
            identity: { tenant_id: tenantId, client_id: appId, subscription_id: subscriptionId },
            secrets: { client_secret: new Secret(clientSecret) },
          },
        },
      }),
    );
  }
  return {
    publicUrl,
    oidc,
    sandbox,
    nodes,
    announced,
    call: (caller, name, input, client) => callAs(nodes[0], { caller, name, input, client }),
    async connect(caller, name) {
      const creation = { name, cloud: 'sandbox', scopes: ['directory'], access: 'read_write' };
      const secret = { tenant_id: tenantId, client_id: appId, client_secret: clientSecret };
      await callAsPerson(nodes[0], { caller, name: 'create_connection', input: creation });
      await callAsPerson(nodes[0], { caller, name: 'complete_connection', input: { connection: name, ...secret } });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      for (const node of nodes) await node.close();
      await oidc.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Called {
  readonly caller: Caller;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly client?: ClientModes | undefined;
}

/** What a test sets up: nobody is asked. */
async function callAsPerson(runtime: Runtime | undefined, { caller, name, input }: Called): Promise<void> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined || runtime === undefined) throw new Error(`There is no tool ${name}.`);
  const { signal } = new AbortController();
  const { isError, text } = await runTool(tool, input, { caller, authority: operatorAt('library'), signal }, runtime);
  if (isError) throw new Error(text);
}

/** Runs a call as the dispatcher of MCP does: what it asks is put to the client, and the call runs again. */
async function callAs(runtime: Runtime | undefined, { caller, name, input, client = {} }: Called): Promise<Answer> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined || runtime === undefined) throw new Error(`There is no tool ${name}.`);
  const { form = false, url = false, onForm, onPage } = client;
  const given = new Map<string, 'yes'>();
  const answers = { form, url, answerTo: (digest: string) => given.get(digest), use: async () => true };
  for (;;) {
    const { signal } = new AbortController();
    const asked = { caller, channel: 'http' as const, client: answers, signal };
    const result = await runTool(tool, input, asked, runtime);
    const { question } = result;
    if (question === undefined) {
      const { structured, text, isError, diagnostics } = result;
      return { ...structured, text, isError, diagnostics } as unknown as Answer;
    }
    if (question.kind === 'page') {
      onPage?.(question.page);
    } else {
      onForm?.(question.message);
    }
    given.set(question.digest, 'yes');
  }
}
