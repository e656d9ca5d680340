import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Authority } from '../../src/core/base/authority.ts';
import type { ProgressUpdate } from '../../src/core/base/call-context.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { withoutUndefined } from '../../src/core/base/without-undefined.ts';
import type { NamedSecrets } from '../../src/core/named-secrets/named-secrets.ts';
import type {
  ConnectionIdentity,
  ConnectionScope,
  ConnectionSettings,
  ScopeLevel,
} from '../../src/core/record/connection.ts';
import type { DeclaredConnection } from '../../src/core/record/declared-connection.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import type { Storage } from '../../src/core/storage/storage.ts';
import type { Config, SecretRules } from '../../src/runtime/config/config.ts';
import type { PolicySection } from '../../src/runtime/config/config-schema.ts';
import { buildPolicy } from '../../src/runtime/config/config-sections.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxOptions, SeenRequest } from '../../src/sandbox/sandbox.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { tools } from '../../src/tools/registry.ts';

export interface SandboxToolsOptions extends SandboxOptions {
  readonly settings?: ConnectionSettings;
  readonly access?: 'read_only' | 'read_write';
  /** Default: directory and resources. */
  readonly scopes?: readonly ConnectionScope[];
  readonly maxResultBytes?: number;
  /** Instead of the subscription of the sandbox. */
  readonly scopeLevel?: ScopeLevel;
  readonly identity?: Pick<
    ConnectionIdentity,
    'subscription_id' | 'management_group_id' | 'resource_group' | 'workspace_name' | 'organization'
  >;
  /** Configured connections in addition to `sandbox`. */
  readonly declared?: readonly DeclaredConnection[];
  /** Variables of the process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the process is read-only, as with --read-only. */
  readonly readOnly?: boolean;
  /** What arguments may name as a secret, where it is not the default. */
  readonly secrets?: Partial<SecretRules>;
  /** Lets the process open one-time pages; gets the lines for the person at the machine. */
  readonly announce?: (line: string) => void;
  /** `policy` of the configuration, as it stands there. */
  readonly policy?: PolicySection;
  /** Secrets by name, instead of those of the home. */
  readonly namedSecrets?: NamedSecrets;
  /** Policy, secrets and limits of files as a configuration file has them. */
  readonly rules?: Partial<Pick<Config, 'policy' | 'secrets' | 'storedResults' | 'exports' | 'logLevel'>>;
  /** Instead of SQLite and files below the home folder. */
  readonly storage?: Storage;
  /** Sits between the process and the tenant to inspect the traffic. */
  readonly watch?: (client: HttpClient) => HttpClient;
}

/** How a single call is made. */
export interface CallOptions {
  /** Who speaks. Default: an agent whose person cannot be reached. */
  readonly authority?: Authority;
  readonly signal?: AbortSignal;
  readonly progress?: (update: ProgressUpdate) => void;
}

/** What a test checks in a response. */
export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly response: {
    readonly success: boolean;
    readonly status: number;
    // Tests read the data of any tool.
    // biome-ignore lint/suspicious/noExplicitAny: the shape differs from tool to tool
    readonly data?: any;
    // biome-ignore lint/suspicious/noExplicitAny: the shape differs from error to error
    readonly error?: any;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  readonly meta: any;
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  readonly connection?: any;
  /** `_meta["tenantry/diagnostics"]` of the result. */
  readonly diagnostics: Diagnostics;
}

/** How an answer came about. */
export interface Diagnostics {
  readonly request_id?: string;
  readonly client_request_id: string;
  readonly attempts?: number;
  readonly requests?: number;
  readonly pages?: number;
  readonly duration_ms: number;
}

/** The real tools over the real core, against a sandbox tenant in process. */
export interface SandboxTools {
  readonly sandbox: Sandbox;
  readonly runtime: Runtime;
  /** Where the runtime writes. */
  readonly home: string;
  /** Calls a tool; `connection` is `sandbox` unless the input says otherwise or the tool takes none. */
  call(tool: string, input?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Answer>;
  /** Requests to Graph since the last `forget`, as `METHOD path?query`. */
  graphRequests(): readonly string[];
  /** The same for Azure Resource Manager. */
  armRequests(): readonly string[];
  seen(): readonly SeenRequest[];
  forget(): void;
  /** Restarts the process on the same files; the tenant keeps running. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openSandboxTools(options: SandboxToolsOptions = {}): Promise<SandboxTools> {
  const {
    settings = {},
    access = 'read_write',
    scopes = ['directory', 'resources'],
    maxResultBytes,
    readOnly = false,
    secrets = {},
    declared = [],
    environment = {},
    policy,
    watch,
    announce,
    namedSecrets,
    storage,
    rules = {},
    ...others
  } = options;
  const { scopeLevel = 'subscription', identity, ...sandboxOptions } = others;
  const home = await mkdtemp(join(tmpdir(), 'tenantry-tools-'));
  const sandbox = createSandbox({ now: '2026-11-20T10:00:00Z', ...sandboxOptions });
  const { config } = await loadConfig({
    flags: { home, logLevel: 'silent', readOnly },
    environment: (name) => environment[name],
  });
  const { tenantId, subscriptionId, clientId, clientSecret } = sandbox.credentials;
  const start = () =>
    createRuntime({
      ...withoutUndefined({ namedSecrets, storage }),
      config: {
        ...config,
        ...rules,
        connections: declared,
        ...(policy === undefined ? {} : { policy: buildPolicy(policy) }),
        secrets: { ...config.secrets, ...rules.secrets, ...secrets },
      },
      version: '0.0.0',
      ...(announce ? { pages: { announce } } : {}),
      ...(maxResultBytes === undefined ? {} : { maxResultBytes }),
      embedded: {
        httpClient: watch?.(sandbox.httpClient) ?? sandbox.httpClient,
        cloud: sandbox.cloud,
        clock: sandbox.clock,
        connection: {
          name: 'sandbox',
          provider: 'azure',
          scopes: [...scopes],
          cloud: sandbox.cloud.name,
          access,
          auth_type: 'azure',
          scope_level: scopeLevel,
          settings,
          identity: { tenant_id: tenantId, client_id: clientId, ...(identity ?? { subscription_id: subscriptionId }) },
          secrets: { client_secret: new Secret(clientSecret) },
        },
      },
    });
  let runtime = start();
  let forgotten = 0;
  const seen = () => sandbox.requests().slice(forgotten);
  const requestsTo = (api: string) =>
    seen().flatMap(({ service, method, url }) => (service === api ? [`${method} ${url}`] : []));
  return {
    sandbox,
    get runtime() {
      return runtime;
    },
    home,
    async restart() {
      await runtime.close();
      runtime = start();
    },
    async call(name, input = {}, options = {}) {
      const { signal = new AbortController().signal, authority, progress } = options;
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`There is no tool ${name}.`);
      const isBound = tool.bindsConnection || name === 'get_operation';
      const given = isBound ? { connection: 'sandbox', ...input } : input;
      const callOptions = { caller: localCaller, signal, ...withoutUndefined({ progress, authority }) };
      const { isError, text, diagnostics } = await runTool(tool, given, callOptions, runtime);
      return { isError, text, diagnostics, ...JSON.parse(text) };
    },
    graphRequests: () => requestsTo('graph'),
    armRequests: () => requestsTo('arm'),
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
