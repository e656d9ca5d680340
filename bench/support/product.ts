import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { signInSections } from '../../test/e2e/support/signed-in.ts';
import type { BenchContext } from './bench.ts';
import { type StdioServerOptions, StdioSession } from './stdio-session.ts';

/** The declared connection that the benches call through. */
export const connectionName = 'bench';

export interface ProductOptions {
  /** Address of the mock; without it the product starts with no configuration at all. */
  readonly mockUrl?: string;
  /** `settings` of the connection. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** People sign in at this login host: the configuration for it, and a port that clients know. */
  readonly signIn?: ReturnType<typeof signInSections>;
}

/** How to start the built server on a fresh home, with a client-secret connection to the mock's cloud. */
export function productServer(
  context: BenchContext,
  { mockUrl, settings, signIn }: ProductOptions = {},
): StdioServerOptions {
  const home = join(context.tempDir, `home-${randomUUID()}`);
  const env = { HOME: home, TENANTRY_HOME: home, TENANTRY_LOG_LEVEL: 'error', BENCH_SECRET: createSecret() };
  if (mockUrl === undefined) return { args: [context.cli], env };
  mkdirSync(home, { recursive: true });
  const config = join(home, 'tenantry.yaml');
  writeFileSync(config, JSON.stringify(configuration(mockUrl, settings, signIn), null, 2)); // JSON is YAML
  return { args: [context.cli], env: { ...env, TENANTRY_CONFIG: config } };
}

/** Looks like a client secret of an app registration. */
function createSecret(): string {
  return `abc8Q~${randomBytes(25).toString('base64url')}`;
}

function configuration(
  url: string,
  settings: ProductOptions['settings'],
  signIn: ProductOptions['signIn'],
): Record<string, unknown> {
  return {
    clouds: { lab: { login: url, graph: url, resource_manager: url, devops: url }, ...signIn?.clouds },
    ...(signIn && { http: signIn.http }),
    connections: [
      {
        name: connectionName,
        cloud: 'lab',
        scopes: ['directory'],
        auth_type: 'azure',
        tenant_id: '00000000-0000-4000-8000-00000000000a',
        client_id: '00000000-0000-4000-8000-00000000000b',
        client_secret: { env: 'BENCH_SECRET' },
        ...(settings && { settings }),
        ...(signIn && { shared_with: [{ everyone: true, access: 'read' }] }),
      },
    ],
  };
}

/** Starts a server and shakes hands with it. */
export async function openSession(context: BenchContext, server: StdioServerOptions): Promise<StdioSession> {
  const session = new StdioSession(context.processes, server);
  await session.initialize();
  return session;
}

/** The part of a tool result that benches look at. */
export interface ProductAnswer {
  readonly response: { readonly data: { readonly value?: readonly unknown[]; readonly [key: string]: unknown } };
  readonly meta: {
    readonly total?: number;
    readonly complete?: boolean;
    readonly cursor?: string;
    readonly result?: string;
  };
  readonly diagnostics: { readonly pages?: number; readonly requests?: number };
}

/** Calls a tool of the product through its connection. */
export async function callProduct(
  session: StdioSession,
  tool: string,
  args: Record<string, unknown>,
): Promise<ProductAnswer> {
  const result = await session.callTool(tool, { connection: connectionName, ...args });
  // The shape that every result of the product has.
  const { structuredContent, _meta } = result as {
    readonly structuredContent: Omit<ProductAnswer, 'diagnostics'>;
    readonly _meta: { readonly 'tenantry/diagnostics': ProductAnswer['diagnostics'] };
  };
  return { ...structuredContent, diagnostics: _meta['tenantry/diagnostics'] };
}
