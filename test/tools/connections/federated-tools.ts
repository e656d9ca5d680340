import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { localCaller } from '../../../src/core/base/caller.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { runTool } from '../../../src/server/run-tool.ts';
import { tools as registry } from '../../../src/tools/registry.ts';
import { type OidcIssuer, type SignOptions, startOidcIssuer } from '../../support/oidc-issuer.ts';
import {
  type Answer,
  openSandboxTools,
  type SandboxTools,
  type SandboxToolsOptions,
} from '../../support/sandbox-tools.ts';

export const subject = 'repo:contoso/shop:ref:refs/heads/main';
export const audience = 'api://AzureADTokenExchange';

/** A sandbox with the ready connection `prod` (client secret), an issuer that signs for real, and a token file. */
export interface FederatedTools extends SandboxTools {
  readonly issuer: OidcIssuer;
  /** Path of the token file, for `{file}`. */
  readonly tokenFile: string;
  /** Writes a token to the file, and resolves with it. */
  writeToken(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>;
  convert(input?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** `prod` as list_connections shows it. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  show(name?: string): Promise<any>;
  /** Federated credentials of the app, by the connection `sandbox`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  credentials(): Promise<readonly any[]>;
  /** Key ids of the app's secrets. */
  passwords(): Promise<readonly string[]>;
  /** The same, when the connection `sandbox` lost its secret. */
  passwordsBy(connection: string): Promise<readonly string[]>;
  /** Replaces the secrets of the app. */
  placePasswords(passwords: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Kinds of the secrets in the vault, as another process finds them. */
  stored(): Promise<readonly string[]>;
}

export async function openFederatedTools(options: SandboxToolsOptions = {}): Promise<FederatedTools> {
  const tools = await openSandboxTools({ frozenClock: true, users: 5, ...options });
  const issuer = await startOidcIssuer({ subject, now: () => tools.sandbox.clock.now() });
  const folder = join(tools.home, 'secrets');
  await mkdir(folder, { recursive: true });
  const tokenFile = join(folder, 'token');
  const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
  await createReady(tools, 'prod', { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret });
  const application = `/applications(appId='${clientId}')`;
  const read = async (path: string, connection = 'sandbox') =>
    (await tools.call('graph_query', { connection, endpoint: path })).response.data;
  const passwordsBy = async (connection: string): Promise<readonly string[]> => {
    const { passwordCredentials } = await read(`${application}?$select=passwordCredentials`, connection);
    return passwordCredentials.map(({ keyId }: { keyId: string }) => keyId);
  };
  return {
    ...tools,
    get runtime() {
      return tools.runtime;
    },
    issuer,
    tokenFile,
    async writeToken(claims, signOptions) {
      const token = await issuer.sign(claims, signOptions);
      await writeFile(tokenFile, token);
      return token;
    },
    convert: (input = {}) =>
      tools.call('convert_connection', { connection: 'prod', federated_token: { file: tokenFile }, ...input }),
    show: async (name = 'prod') => (await tools.call('list_connections', { name })).response.data?.value?.[0],
    credentials: async () => (await read(`${application}/federatedIdentityCredentials`)).value,
    passwords: () => passwordsBy('sandbox'),
    passwordsBy,
    async placePasswords(passwordCredentials) {
      const { id } = await read(`${application}?$select=id`);
      tools.sandbox.placeObject('graph', 'application', { id, passwordCredentials });
    },
    async stored() {
      const storage = openLocalStorage({ home: tools.home, vault: 'file', clock: tools.sandbox.clock });
      const secrets = await storage.vault.list();
      await storage.close();
      return secrets.map(({ field }) => field).sort();
    },
    async close() {
      await tools.close();
      await issuer.close();
    },
  };
}

/** A connection to the sandbox that may write and is complete. */
export async function createReady(
  tools: SandboxTools,
  name: string,
  completion: Readonly<Record<string, unknown>>,
  creation: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await tools.call('create_connection', {
    name,
    cloud: tools.sandbox.cloud.name,
    scopes: ['directory'],
    access: 'read_write',
    ...creation,
  });
  const answer = await tools.call('complete_connection', { connection: name, ...completion });
  if (answer.isError) throw new Error(answer.text);
}

/** Another process on the same files and the same tenant. */
export interface OtherProcess {
  call(tool: string, input: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface OtherProcessOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly httpClient?: HttpClient;
  readonly readOnly?: boolean;
}

export async function startProcess(
  { home, sandbox }: SandboxTools,
  { variables = {}, httpClient = sandbox.httpClient, readOnly = false }: OtherProcessOptions = {},
): Promise<OtherProcess> {
  const environment = (name: string) => variables[name];
  const { config } = await loadConfig({ flags: { home, logLevel: 'silent', readOnly }, environment });
  const { tenantId, clientId } = sandbox.credentials;
  const runtime = createRuntime({
    config,
    version: '0.0.0',
    embedded: {
      httpClient,
      cloud: sandbox.cloud,
      clock: sandbox.clock,
      connection: {
        name: 'other',
        provider: 'azure',
        scopes: ['directory'],
        cloud: sandbox.cloud.name,
        access: 'read_write',
        auth_type: 'device_code',
        scope_level: 'subscription',
        settings: {},
        identity: { tenant_id: tenantId, client_id: clientId },
        secrets: {},
      },
    },
  });
  return {
    async call(name, input, signal = new AbortController().signal) {
      const tool = registry.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`There is no tool ${name}.`);
      const { isError, text } = await runTool(tool, input, { caller: localCaller, signal }, runtime);
      return { isError, text, ...JSON.parse(text) };
    },
    close: () => runtime.close(),
  };
}
