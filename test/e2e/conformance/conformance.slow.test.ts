import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenantry } from '../../../src/cli/start-tenantry.ts';
import { systemClock } from '../../../src/core/base/clock.ts';
import { type HttpServer, startHttp } from '../../../src/server/http.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { startTestTenantry } from '../../support/runtime.ts';
import { createFixtureServerFactory } from './fixture-surface.ts';

const suite = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

let tenantry: Tenantry;
let server: HttpServer;
let toolNames: string[];

beforeAll(async () => {
  tenantry = await startTestTenantry();
  const fixtures = createFixtureServerFactory(createSurface(tenantry.runtime, tenantry.tools));
  toolNames = fixtures.toolNames;
  server = await startHttp({ build: fixtures.build, clock: systemClock, port: 0, onError: () => undefined });
});

afterAll(async () => {
  await server.close();
  await tenantry.close();
});

async function runSuite(requirements: string): Promise<{ code: number | null; output: string }> {
  const results = await mkdtemp(join(tmpdir(), 'tenantry-conformance-'));
  try {
    const child = spawn(
      process.execPath,
      [suite, 'server', '--url', server.url, '--requirements', requirements, '--output-dir', results],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
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

describe('the official conformance suite', () => {
  // A scenario can pass because an unknown tool is an error too: it counts only when its fixture is really served.
  test('finds its fixtures on our stack', async () => {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
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
      const { code, output } = await runSuite(requirements);
      expect(code, output).toBe(0);
    },
    180_000,
  );
});
