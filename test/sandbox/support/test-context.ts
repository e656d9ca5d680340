import { createHash } from 'node:crypto';
import { loadGraphCatalog } from '../../../src/core/apis/graph/catalog/load-catalog.ts';
import { createEntityStore } from '../../../src/sandbox/base/create-entity-store.ts';
import type { FixedService, SandboxRequest, SandboxResponse } from '../../../src/sandbox/base/service.ts';
import { createTokenSigner } from '../../../src/sandbox/entra/token-signer.ts';
import { parseGraphPath } from '../../../src/sandbox/graph/parse-path.ts';
import type { GraphCallContext, GraphHandler } from '../../../src/sandbox/graph/parsed-path.ts';
import { createSeed } from '../../../src/sandbox/seed/create-seed.ts';
import { graphAppRoles } from '../../../src/sandbox/seed/graph-permissions.ts';
import { sandboxCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';

export interface TestContext extends GraphCallContext {
  /** Moves the clock, in seconds. */
  advance(seconds: number): void;
  place(type: string, object: Readonly<Record<string, unknown>>): void;
}

const { operations } = await loadGraphCatalog();

const hosts: Readonly<Record<FixedService, string>> = {
  login: 'https://login.sandbox.test',
  graph: 'https://graph.sandbox.test',
  arm: 'https://arm.sandbox.test',
  devops: 'https://devops.sandbox.test',
  upload: 'https://upload.sandbox.test',
  monitor: 'https://monitor.sandbox.test',
};

/** A service context over the real seed and store, with a frozen clock. */
export function createTestContext({ users = 240, now = '2026-01-15T10:00:00Z' } = {}): TestContext {
  let time = Date.parse(now);
  let ids = 0;
  const clock = { now: () => time };
  const store = createEntityStore({ seed: createSeed({ users, now: time }), clock });
  const sealed = new Map<string, unknown>();
  const placed: { readonly type: string; readonly object: Readonly<Record<string, unknown>> }[] = [];
  return {
    tenant,
    tenants: [tenant],
    store,
    clock,
    signer: createTokenSigner(),
    newId() {
      ids += 1;
      return createHash('sha256')
        .update(`id ${ids}`)
        .digest('hex')
        .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-b$4-$5');
    },
    addressOf: (_, service) => hosts[service],
    seal(payload) {
      const token = createHash('sha256')
        .update(`${sealed.size} ${JSON.stringify(payload)}`)
        .digest('base64url');
      sealed.set(token, payload);
      return token;
    },
    open: (token) => sealed.get(token),
    placed: (type) => placed.filter((one) => one.type === type).map(({ object }) => object),
    advance(seconds) {
      time += seconds * 1000;
    },
    place(type, object) {
      placed.push({ type, object });
    },
    operations,
    caller: {
      appId: sandboxCredentials.clientId,
      tenantId: sandboxCredentials.tenantId,
      objectId: store.findByKey('servicePrincipal', 'appId', sandboxCredentials.clientId)?.id ?? '',
      isApp: true,
      roles: graphAppRoles.map(([value]) => value),
    },
  };
}

let requestNumber = 0;

/** A request as the sandbox reads it; `url` is the path and query. */
export function sandboxRequest(
  method: string,
  url: string,
  { service = 'graph' as FixedService, headers = {} as Record<string, string>, body = undefined as unknown } = {},
): SandboxRequest {
  const [rawPath = '', rawQuery = ''] = url.split('?');
  requestNumber += 1;
  const isJson = typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
  return {
    method,
    base: hosts[service],
    rawPath,
    rawQuery,
    headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body instanceof Uint8Array ? body : Buffer.from(isJson ? JSON.stringify(body) : String(body ?? '')),
    requestId: `${createHash('md5').update(String(requestNumber)).digest('hex').slice(0, 8)}-0000-4000-8000-${String(requestNumber).padStart(12, '0')}`,
  };
}

/** Calls a handler of the Graph service as the service does after its checks. */
export function callGraph(
  handler: GraphHandler,
  context: GraphCallContext,
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<SandboxResponse> {
  const request = sandboxRequest(method, `/v1.0${path}`, options);
  return handler(parseGraphPath(request.rawPath, request.rawQuery), request, context);
}
