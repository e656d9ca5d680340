import type { Entity } from '../../../src/sandbox/base/entity-store.ts';
import type { SandboxResponse } from '../../../src/sandbox/base/service.ts';
import type { GraphCallContext, GraphHandler } from '../../../src/sandbox/graph/parsed-path.ts';
import { createWriteHandler } from '../../../src/sandbox/graph/writes/create-write-handler.ts';
import {
  createGroupLicensing,
  type GroupLicensing,
} from '../../../src/sandbox/graph/writes/licensing/group-licensing.ts';
import { callGraph, createTestContext, type TestContext } from './test-context.ts';

export interface WriteTenant {
  readonly context: TestContext;
  readonly licensing: GroupLicensing;
  write(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<SandboxResponse & { readonly body: Entity }>;
  /** The same as an app with these permissions. */
  writeAs(roles: readonly string[], method: string, path: string, body?: unknown): Promise<SandboxResponse>;
  user(index: number): Entity;
  group(name: string): Entity;
  ref(id: string, set?: string): { readonly '@odata.id': string };
}

/** The write handler over the seeded tenant, without the service. */
export function createWriteTenant(): WriteTenant {
  const context = createTestContext();
  const licensing = createGroupLicensing();
  const handler: GraphHandler = createWriteHandler(licensing);
  const users = [...context.store.scan('user')].map(({ entity }) => entity.id);
  const call = (
    caller: GraphCallContext,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    licensing.runDue(caller);
    return callGraph(handler, caller, method, path, { headers, ...(body === undefined ? {} : { body }) });
  };
  return {
    context,
    licensing,
    write: async (method, path, body, headers) => {
      const response = await call(context, method, path, body, headers);
      return { ...response, body: response.body as Entity };
    },
    writeAs: (roles, method, path, body) =>
      call({ ...context, caller: { ...context.caller, roles } }, method, path, body),
    user: (index) => context.store.get('user', users[index] ?? '') ?? missing(`user ${index}`),
    group: (name) => context.store.findByKey('group', 'displayName', name) ?? findGroup(context, name),
    ref: (id, set = 'directoryObjects') => ({ '@odata.id': `https://graph.sandbox.test/v1.0/${set}/${id}` }),
  };
}

function findGroup({ store }: TestContext, name: string): Entity {
  for (const { entity } of store.scan('group')) if (entity['displayName'] === name) return entity;
  return missing(name);
}

function missing(what: string): never {
  throw new Error(`the seed has no ${what}`);
}
