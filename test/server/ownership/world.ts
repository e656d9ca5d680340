import type { Caller } from '../../../src/core/base/caller.ts';
import { systemClock } from '../../../src/core/base/clock.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { buildServer } from '../../../src/server/build-server.ts';
import { startHttp } from '../../../src/server/http/start-http.ts';
import { createSurface, type Surface } from '../../../src/server/surface.ts';
import { tools as registry } from '../../../src/tools/registry.ts';
import { connectClient, type TestClient } from '../../e2e/support/clients.ts';
import { testCall } from '../../support/call.ts';
import { ada, bob, bobsGrant, giveConnection, peopleGate, requestOf } from '../../support/people.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

/** What somebody has been answered, and could be found out by another one. */
export interface Traces {
  readonly result: string;
  readonly table: string;
  readonly cursor: string;
  readonly job: string;
}

/**
 * Ada has the connections `payroll`, which is nobody else's business, and `finance`, which was shared with Bob until a moment
 * ago. The operator has declared `sandbox`. Bob has `zebra`, and is the one who tries.
 */
export interface World {
  readonly box: SandboxTools;
  readonly surface: Surface;
  /** Of Ada, on `payroll`. */
  readonly adas: Traces;
  /** Of Bob, on `finance`. */
  readonly bobs: Traces;
  /** Code of something of Ada's that waits for a yes, and a handle that confirms something. */
  readonly pending: string;
  readonly ids: Readonly<Record<'payroll' | 'finance' | 'zebra', string>>;
  /** Bob over HTTP, with a client of each family. */
  readonly clients: Readonly<Record<'modern' | 'legacy', TestClient>>;
  /** What a call answers: the same text for the same answer. */
  call(caller: Caller, tool: string, args: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

export const oldSecret = 'operator-key';

export async function openWorld(): Promise<World> {
  const box = await openSandboxTools({
    users: 40,
    frozenClock: true,
    maxResultBytes: 4_000,
    environment: { OPERATOR_KEY: 'operator-secret-material' },
    secrets: {
      named: { [oldSecret]: { source: { env: 'OPERATOR_KEY' }, use: ['sign_in'], to: [], cloud: 'sandbox' } },
    },
  });
  const { runtime } = box;
  const ids = {
    payroll: await giveConnection(box, ada, 'payroll'),
    finance: await giveConnection(box, ada, 'finance'),
    zebra: await giveConnection(box, bob, 'zebra'),
  };
  const surface = createSurface(runtime, { listed: registry, callable: registry }, 'http');
  const call: World['call'] = async (caller, tool, args) =>
    textOf(await surface.callTool({ name: tool, arguments: args }, requestOf(caller)).catch((error: unknown) => error));
  await runtime.namedSecrets.set(
    { name: 'adas-key', secret: new Secret('adas-secret-material'), use: ['sign_in'], to: [], cloud: 'sandbox' },
    ada.id,
  );
  const adas = await leaveTraces(box, call, ada, 'payroll', ids.payroll);
  const waiting = await call(ada, 'create_connection', { name: 'wanted', cloud: 'public', access: 'read_write' });
  const pending = /"pending":"(\w+)"/.exec(waiting)?.[1] ?? '';
  await runtime.connections.share('finance', { add: [bobsGrant] }, ada, testCall());
  const bobs = await leaveTraces(box, call, bob, 'finance', ids.finance);
  await runtime.connections.share('finance', { remove: [{ user: bobsGrant.user }] }, ada, testCall());
  const http = await startHttp({
    build: () => buildServer(surface),
    changes: surface.changes,
    clock: systemClock,
    place: { port: 0 },
    gate: peopleGate,
    onError: () => undefined,
  });
  const access = { url: http.url, headers: { authorization: 'Bearer bob' as const } };
  const clients = {
    modern: await connectClient('v2 pinned', access),
    legacy: await connectClient('v1 client', access),
  };
  return {
    ...{ box, surface, adas, bobs, pending, ids, clients, call },
    async close() {
      await Promise.all(Object.values(clients).map((client) => client.close()));
      await http.close(0);
      await box.close();
    },
  };
}

async function leaveTraces(
  { runtime }: SandboxTools,
  call: World['call'],
  caller: Caller,
  connection: string,
  connectionId: string,
): Promise<Traces> {
  const list = { connection, endpoint: '/users', params: { $select: 'id,displayName,mail,userPrincipalName' } };
  const text = await call(caller, 'graph_query', list);
  const table = await call(caller, 'graph_query', { ...list, format: 'csv' });
  await call(caller, 'graph_delta', { connection, endpoint: '/users/delta', name: 'staff' });
  const begun = await runtime.jobs.begin({
    tool: 'graph_query',
    caller: caller.id,
    connectionId,
    checkWith: 'Repeat it.',
  });
  if (begun.kind !== 'new') throw new Error('The job is a new one.');
  begun.job.run(async () => ({ status: 200, data: `of ${connection}` }), {
    abort: () => undefined,
    progress: () => undefined,
    notes: [],
    isCancelled: () => false,
  });
  const traces = {
    result: /tenantry:\/\/results\/([\w-]{16})/.exec(text)?.[1],
    table: /tenantry:\/\/results\/([\w-]{16})\.csv/.exec(table)?.[1],
    cursor: /"cursor":"([\w-]{24})"/.exec(text)?.[1],
    job: await begun.job.goOn(),
  };
  for (const [name, trace] of Object.entries(traces)) {
    if (trace === undefined) throw new Error(`There is no ${name} in ${text.slice(0, 500)}`);
  }
  return traces as Traces;
}

/** What a caller can tell two answers apart by: all of it, but how long it took and the id of the request. */
export function textOf(answer: unknown): string {
  if (answer instanceof Error) {
    const { message, code, data } = answer as Error & { readonly code?: unknown; readonly data?: unknown };
    return JSON.stringify({ message, code, data });
  }
  return JSON.stringify(answer, (key, value: unknown) => (key === 'tenantry/diagnostics' ? undefined : value));
}

/** Answers to two names or handles are the same but for what was asked. */
export function without(text: string, asked: string): string {
  return text.replaceAll(asked, '…');
}
