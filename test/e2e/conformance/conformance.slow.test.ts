import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSignIn } from '../../../src/cli/open-sign-in.ts';
import type { Tenantry } from '../../../src/cli/start-tenantry.ts';
import { systemClock } from '../../../src/core/base/clock.ts';
import { configFileSchema } from '../../../src/runtime/config/config-schema.ts';
import { buildClouds } from '../../../src/runtime/config/config-sections.ts';
import { buildHttp } from '../../../src/runtime/config/http-rules.ts';
import { type Gate, tokenGate } from '../../../src/server/http/gate.ts';
import type { HttpRoute } from '../../../src/server/http/router.ts';
import { type HttpServer, startHttp } from '../../../src/server/http/start-http.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { startBearerForwarder } from '../../support/bearer-forwarder.ts';
import { startTestTenantry } from '../../support/runtime.ts';
import { httpAccess, type Lab, openLab, Product } from '../support/product.ts';
import { allScopes, signInSections, startLogin } from '../support/signed-in.ts';
import { createFixtureServerFactory, fixtureNames } from './fixture-surface.ts';

const suite = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

type Forwarder = Awaited<ReturnType<typeof startBearerForwarder>>;

/** The suite cannot be told to send a header, so it talks to a forwarder that does. */
async function runSuite(url: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const results = await mkdtemp(join(tmpdir(), 'tenantry-conformance-'));
  try {
    const child = spawn(process.execPath, [suite, 'server', '--url', url, ...args, '--output-dir', results], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { code, output };
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** What the suite says of each scenario, and which of them it does not count. */
interface Summary {
  readonly scored: ReadonlyMap<string, { readonly passed: number; readonly failed: number }>;
  readonly unscored: readonly string[];
}

function summaryIn(output: string): Summary {
  const [, table = '', rest = ''] = /=== SUMMARY ===\n(.*?)\nTotal: [^\n]*\n(.*)$/s.exec(output) ?? [];
  const unscored = [...rest.matchAll(/^ +\S+ (\S+) \(\w+\)$/gm)].map(([, name = '']) => name);
  const rows = [...table.matchAll(/^\S+ (\S+): (\d+) passed, (\d+) failed/gm)].map(
    ([, name = '', passed, failed]) => [name, { passed: Number(passed), failed: Number(failed) }] as const,
  );
  return { scored: new Map(rows.filter(([name]) => !unscored.includes(name))), unscored };
}

/** Who stands before the endpoint. */
interface Entrance {
  readonly gate: Gate;
  readonly routes: readonly HttpRoute[];
  readonly authorization: string;
  close(): Promise<void>;
}

async function localEntrance(): Promise<Entrance> {
  const token = 'token-of-the-test';
  const gate = tokenGate(token, '/nowhere');
  return { gate, routes: [], authorization: `Bearer ${token}`, close: async () => undefined };
}

/** People sign in at a certified provider, as they do with Entra. */
async function signedInEntrance({ runtime, tools }: Tenantry): Promise<Entrance> {
  const login = await startLogin();
  const sections = configFileSchema.parse(signInSections(login, 1));
  const { signIn, publicUrl } = (sections.http && buildHttp(sections.http, buildClouds(sections.clouds))) ?? {};
  if (signIn === undefined || publicUrl === undefined) throw new Error('The configuration lets people sign in.');
  const opening = await openSignIn(signIn, publicUrl, tools.callable, runtime);
  return {
    ...opening,
    authorization: `Bearer ${await login.userToken('ada@contoso.example', allScopes)}`,
    async close() {
      opening.close();
      await login.close();
    },
  };
}

/** How many scenarios of each set count: another number is another suite, which is to be looked at. */
const sets = [
  ['2025-11-25', 31],
  ['2026-07-28', 37],
] as const;

describe.each([
  ['the token of the machine', localEntrance],
  ['sign-in', signedInEntrance],
])('the official conformance suite with its fixtures, behind %s', (entranceName, openEntrance) => {
  let tenantry: Tenantry;
  let entrance: Entrance;
  let server: HttpServer;
  let forwarder: Forwarder;
  let toolNames: string[];

  beforeAll(async () => {
    tenantry = await startTestTenantry();
    entrance = await openEntrance(tenantry);
    const fixtures = createFixtureServerFactory(createSurface(tenantry.runtime, tenantry.tools, 'http'));
    toolNames = fixtures.toolNames;
    server = await startHttp({
      build: fixtures.build,
      changes: fixtures.changes,
      clock: systemClock,
      place: { port: 0 },
      gate: entrance.gate,
      routes: entrance.routes,
      onError: () => undefined,
    });
    forwarder = await startBearerForwarder(server.url, entrance.authorization);
  });
  afterAll(async () => {
    await forwarder?.close();
    await server?.close();
    await entrance?.close();
    await tenantry?.close();
  });

  // A scenario can pass because an unknown tool is an error too: it counts only when its fixture is really served.
  test('finds its fixtures on our stack', async () => {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(forwarder.url)));
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(toolNames));
    expect(tools.map((tool) => tool.name)).toContain('graph_query');
    const { prompts } = await client.listPrompts();
    expect(prompts.map((prompt) => prompt.name)).toEqual(expect.arrayContaining(fixtureNames.prompts));
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toEqual(expect.arrayContaining(fixtureNames.resources));
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('test://template/{id}/data');
    await client.close();
  });

  test('lets nobody in without the header that the forwarder adds', async () => {
    const { status } = await fetch(server.url, { method: 'POST', body: '{}' });
    expect(status).toBe(401);
  });

  test.each(sets)(
    'passes every scored scenario of %s',
    async (requirements, count) => {
      const { code, output } = await runSuite(forwarder.url, '--requirements', requirements);
      const { scored, unscored } = summaryIn(output);
      const checks = [...scored.values()].reduce((sum, { passed }) => sum + passed, 0);
      process.stdout.write(
        `conformance ${requirements} behind ${entranceName}: ${scored.size} scored scenarios with ${checks} checks, ${unscored.length} unscored\n`,
      );
      expect(code, output).toBe(0);
      // One without a check has looked at nothing.
      const bad = [...scored].filter(([, { passed, failed }]) => failed > 0 || passed === 0);
      expect(bad, output).toEqual([]);
      expect(scored.size).toBe(count);
    },
    180_000,
  );
});

/** Scenarios that need no fixture: everything that asks for no tool, resource or prompt of the suite's own. */
const scenarios = [
  'server-initialize',
  'server-session-lifecycle',
  'ping',
  'completion-complete',
  'tools-list',
  'server-sse-polling',
  'server-sse-multiple-streams',
  'resources-list',
  'sep-2164-resource-not-found',
  'prompts-list',
  'dns-rebinding-protection',
  'caching',
  'http-header-validation',
];

describe('the official conformance suite, against the command', () => {
  let lab: Lab;
  let product: Product;
  let forwarder: Forwarder;

  beforeAll(async () => {
    lab = await openLab();
    product = new Product(lab, 'http', '--port', '0');
    const { url, headers } = await httpAccess(product);
    forwarder = await startBearerForwarder(url, headers.authorization);
  });
  afterAll(async () => {
    await forwarder.close();
    await product.stop();
    await lab.close();
  });

  test.each(scenarios.flatMap((name) => ['2025-11-25', '2026-07-28'].map((version) => [name, version] as const)))(
    'passes %s at %s, where it applies',
    async (scenario, version) => {
      const { code, output } = await runSuite(forwarder.url, '--scenario', scenario, '--spec-version', version);
      expect(code, output).toBe(0);
    },
    60_000,
  );
});
