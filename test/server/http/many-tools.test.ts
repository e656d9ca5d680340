import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/base/clock.ts';
import { buildServer } from '../../../src/server/build-server.ts';
import { socketGate } from '../../../src/server/http/gate.ts';
import { startHttp } from '../../../src/server/http/start-http.ts';
import { createSurface } from '../../../src/server/surface.ts';
import type { ToolDefinition } from '../../../src/tools/define-tool.ts';
import { tools } from '../../../src/tools/registry.ts';
import { both, call } from '../../support/http-lab.ts';
import { openSandboxTools } from '../../support/sandbox-tools.ts';

/** The tools, and how often one of their definitions was read. */
function counted(): { readonly list: readonly ToolDefinition[]; readonly reads: Map<string, number> } {
  const reads = new Map<string, number>();
  const list = tools.map(
    (tool) =>
      new Proxy(tool, {
        get(target, member) {
          reads.set(target.name, (reads.get(target.name) ?? 0) + 1);
          return Reflect.get(target, member);
        },
      }),
  );
  return { list, reads };
}

test('what every request needs is made once: a call reads no definition but that of its tool', async () => {
  const box = await openSandboxTools({ users: 5 });
  const { list, reads } = counted();
  const surface = createSurface(box.runtime, { listed: list, callable: list }, 'http');
  const server = await startHttp({
    build: () => buildServer(surface),
    changes: surface.changes,
    clock: systemClock,
    place: { port: 0 },
    gate: socketGate,
    onError: () => undefined,
  });
  const send = async (message: unknown) => {
    const answer = await fetch(server.url, { method: 'POST', headers: both, body: JSON.stringify(message) });
    return answer.text();
  };
  const listTools = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
  try {
    const first = await send(listTools);
    expect([...reads.keys()]).toHaveLength(tools.length);
    reads.clear();
    expect(await send(listTools)).toBe(first);
    expect(reads.size).toBe(0);
    for (let round = 0; round < 3; round++) expect(await send(call('list_connections'))).toContain('"success":true');
    expect([...reads.keys()]).toEqual(['list_connections']);
  } finally {
    await server.close(0);
    await box.close();
  }
});
