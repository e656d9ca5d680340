import { afterEach, beforeEach } from 'vitest';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { fakeTime, testClient } from './client-fixture.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

export const get = { method: 'GET', path: '/users/ada' } as const;
export const post = { method: 'POST', path: '/users', body: { displayName: 'Ada' } } as const;
export const patch = { method: 'PATCH', path: '/users/ada', body: { jobTitle: 'Analyst' } } as const;
export const remove = { method: 'DELETE', path: '/users/ada' } as const;

/** A client over real sockets with a scripted server of its own for each test, in fake time. */
export interface ServedClient {
  readonly server: ScriptedServer;
  readonly httpClient: ReturnType<typeof createDefaultHttpClient>;
  client(options?: Partial<Parameters<typeof testClient>[0]>): ReturnType<typeof testClient>;
}

/** Call it once at the top of a test file. */
export function serveEachTest(): ServedClient {
  let server: ScriptedServer | undefined;
  let httpClient: ReturnType<typeof createDefaultHttpClient> | undefined;
  beforeEach(async () => {
    fakeTime();
    server = await startScriptedServer();
    httpClient = createDefaultHttpClient();
  });
  afterEach(async () => {
    httpClient?.close();
    await server?.close();
  });
  const running = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('It runs within tests only.');
    return part;
  };
  return {
    get server() {
      return running(server);
    },
    get httpClient() {
      return running(httpClient);
    },
    client: (options = {}) => testClient({ httpClient: running(httpClient), url: running(server).url, ...options }),
  };
}

/** Lets the sockets work until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 100_000) throw new Error('It did not happen.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
