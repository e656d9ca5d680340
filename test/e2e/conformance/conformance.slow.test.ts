import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenantry } from '../../../src/cli/start-tenantry.ts';
import { systemClock } from '../../../src/core/base/clock.ts';
import { tokenGate } from '../../../src/server/http/gate.ts';
import { type HttpServer, startHttp } from '../../../src/server/http/start-http.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { startBearerForwarder } from '../../support/bearer-forwarder.ts';
import { startTestTenantry } from '../../support/runtime.ts';
import { httpAccess, type Lab, openLab, Product } from '../support/product.ts';
import { createFixtureServerFactory } from './fixture-surface.ts';

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

describe('the official conformance suite, with its fixtures', () => {
  let tenantry: Tenantry;
  let server: HttpServer;
  let forwarder: Forwarder;
  let toolNames: string[];

  beforeAll(async () => {
    tenantry = await startTestTenantry();
    const fixtures = createFixtureServerFactory(createSurface(tenantry.runtime, tenantry.tools));
    toolNames = fixtures.toolNames;
    const token = 'token-of-the-test';
    server = await startHttp({
      build: fixtures.build,
      changes: fixtures.changes,
      clock: systemClock,
      place: { port: 0 },
      gate: tokenGate(token, '/nowhere'),
      onError: () => undefined,
    });
    forwarder = await startBearerForwarder(server.url, `Bearer ${token}`);
  });
  afterAll(async () => {
    await forwarder.close();
    await server.close();
    await tenantry.close();
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
    expect(prompts.map((prompt) => prompt.name)).toContain('test_input_required_result_prompt');
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toContain('test://watched-resource');
    await client.close();
  });

  test.each(['2025-11-25', '2026-07-28'])(
    'passes every scored scenario of %s',
    async (requirements) => {
      const { code, output } = await runSuite(forwarder.url, '--requirements', requirements);
      expect(code, output).toBe(0);
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
