import { PassThrough } from 'node:stream';
import { systemClock } from '../../src/core/base/clock.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { buildServer } from '../../src/server/build-server.ts';
import { tokenGate } from '../../src/server/http/gate.ts';
import { startHttp } from '../../src/server/http/start-http.ts';
import { startStdio } from '../../src/server/stdio.ts';
import { createSurface } from '../../src/server/surface.ts';
import { tools } from '../../src/tools/registry.ts';
import { type ClientKind, connectClient, type TestClient } from '../e2e/support/clients.ts';

/** Every kind of client that there is, on both ways to reach a server. */
export const doors = (['v1 client', 'v2 legacy', 'v2 pinned'] as const).flatMap((kind) =>
  (['stdio', 'http'] as const).map((transport) => ({ kind, transport, name: `${kind} over ${transport}` })),
);
export type Door = (typeof doors)[number];

export interface ServedClients {
  /** A client of one kind; the same at each call. */
  through(door: Door): TestClient;
  close(): Promise<void>;
}

/** Serves one runtime in process, over a port and over streams, to a real client of each kind. */
export async function serveClients(runtime: Runtime): Promise<ServedClients> {
  const surface = createSurface(runtime, { listed: tools, callable: tools });
  const onError = () => undefined;
  const [place, gate] = [{ port: 0 }, tokenGate('a-token-for-tests', '/nowhere')];
  const build = () => buildServer(surface);
  const http = await startHttp({ build, changes: surface.changes, clock: systemClock, place, gate, onError });
  const access = { url: http.url, headers: { authorization: 'Bearer a-token-for-tests' as const } };
  const connect = (kind: ClientKind, transport: Door['transport']): Promise<TestClient> => {
    if (transport === 'http') return connectClient(kind, access);
    const streams = { stdin: new PassThrough(), stdout: new PassThrough() };
    startStdio(surface, onError, streams);
    return connectClient(kind, { streams });
  };
  const clients = new Map<string, TestClient>();
  for (const { kind, transport, name } of doors) clients.set(name, await connect(kind, transport));
  return {
    through({ name }) {
      const client = clients.get(name);
      if (client === undefined) throw new Error(`No client is called ${name}.`);
      return client;
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
      await http.close();
    },
  };
}
