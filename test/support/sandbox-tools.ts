import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/core/config/load-config.ts';
import type { ConnectionSettings } from '../../src/core/connections/connection.ts';
import { createRuntime } from '../../src/core/create-runtime.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import { Secret } from '../../src/core/secret.ts';
import { runTool } from '../../src/core/server/run-tool.ts';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxOptions, SeenRequest } from '../../src/sandbox/sandbox.ts';
import { tools } from '../../src/tools/registry.ts';

export interface SandboxToolsOptions extends SandboxOptions {
  readonly settings?: ConnectionSettings;
  readonly access?: 'read_only' | 'read_write';
  readonly maxResultBytes?: number;
}

/** What a test looks at in an answer. */
export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly response: {
    readonly success: boolean;
    readonly status: number;
    // Tests read into the data of whatever tool they called.
    // biome-ignore lint/suspicious/noExplicitAny: the shape differs from tool to tool
    readonly data?: any;
    // biome-ignore lint/suspicious/noExplicitAny: the shape differs from error to error
    readonly error?: any;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  readonly meta: any;
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  readonly connection?: any;
}

/** The real tools over the real core, against a sandbox tenant in process. */
export interface SandboxTools {
  readonly sandbox: Sandbox;
  readonly runtime: Runtime;
  /** Where the runtime writes. */
  readonly home: string;
  /** Calls a tool; `connection` is `sandbox` unless the input says otherwise or the tool takes none. */
  call(tool: string, input?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** Requests to Graph since the last `forget`, as `METHOD path?query`. */
  graphRequests(): readonly string[];
  seen(): readonly SeenRequest[];
  forget(): void;
  close(): Promise<void>;
}

export async function openSandboxTools(options: SandboxToolsOptions = {}): Promise<SandboxTools> {
  const { settings = {}, access = 'read_write', maxResultBytes, ...sandboxOptions } = options;
  const home = await mkdtemp(join(tmpdir(), 'tenantry-tools-'));
  const sandbox = createSandbox({ now: '2026-11-20T10:00:00Z', ...sandboxOptions });
  const { config } = await loadConfig({ flags: { home, logLevel: 'silent' }, environment: () => undefined });
  const { tenantId, subscriptionId, clientId, clientSecret } = sandbox.credentials;
  const runtime = createRuntime({
    config,
    version: '0.0.0',
    ...(maxResultBytes === undefined ? {} : { maxResultBytes }),
    embedded: {
      httpClient: sandbox.httpClient,
      cloud: sandbox.cloud,
      clock: sandbox.clock,
      connection: {
        name: 'sandbox',
        provider: 'azure',
        scopes: ['directory', 'resources'],
        cloud: sandbox.cloud.name,
        access,
        auth_type: 'azure',
        scope_level: 'subscription',
        settings,
        identity: { tenant_id: tenantId, subscription_id: subscriptionId, client_id: clientId },
        secrets: { client_secret: new Secret(clientSecret) },
      },
    },
  });
  let forgotten = 0;
  const seen = () => sandbox.requests().slice(forgotten);
  return {
    sandbox,
    runtime,
    home,
    async call(name, input = {}) {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`There is no tool ${name}.`);
      const given = tool.bindsConnection ? { connection: 'sandbox', ...input } : input;
      const { signal } = new AbortController();
      const { isError, text } = await runTool(tool, given, { caller: 'local', signal }, runtime);
      return { isError, text, ...JSON.parse(text) };
    },
    graphRequests: () =>
      seen().flatMap(({ service, method, url }) => (service === 'graph' ? [`${method} ${url}`] : [])),
    seen,
    forget: () => {
      forgotten = sandbox.requests().length;
    },
    async close() {
      await runtime.close();
      await sandbox.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
