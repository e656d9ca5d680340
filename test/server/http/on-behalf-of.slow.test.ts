import fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLoginDocuments } from '../../../src/core/auth/login-documents.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import type { DeclaredConnection } from '../../../src/core/record/declared-connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { companyCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { buildServer } from '../../../src/server/build-server.ts';
import { type HttpServer, startHttp } from '../../../src/server/http/start-http.ts';
import { signInGate } from '../../../src/server/sign-in/sign-in-gate.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { tools as allTools } from '../../../src/tools/registry.ts';
import { signInToCompany } from '../../support/company-sign-in.ts';
import { both, call, initialize } from '../../support/http-lab.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

const { tenantId, clientId, clientSecret } = companyCredentials();

const shared: DeclaredConnection = {
  name: 'me',
  provider: 'azure',
  scopes: ['directory'],
  cloud: 'sandbox',
  access: 'read_only',
  auth_type: 'on_behalf_of',
  scope_level: 'subscription',
  settings: { logging: { enabled: true, auth: true, request: true, response: true } },
  identity: { tenant_id: tenantId, client_id: clientId },
  secrets: { client_secret: new Secret(clientSecret) },
  shared_with: [{ everyone: true, access: 'read' }],
};

let lab: SandboxTools;
let server: HttpServer;
let people: { readonly upn: string; readonly token: string }[];
const sent: PipelineRequest[] = [];

/** Notes every request that leaves the process. */
function watch(client: HttpClient): HttpClient {
  return {
    sendRequest(request) {
      sent.push(request);
      return client.sendRequest(request);
    },
  };
}

beforeAll(async () => {
  lab = await openSandboxTools({ declared: [shared], watch, users: 40, rules: { logLevel: 'debug' } });
  const surface = createSurface(lab.runtime, { listed: allTools, callable: allTools }, 'http');
  const { changes } = surface;
  const { clock, logger, secrets } = lab.runtime;
  const gate = signInGate({
    rules: {
      cloud: lab.sandbox.cloud,
      tenants: [tenantId],
      clientId,
      audiences: [clientId, `api://${clientId}`],
      applicationIdUri: `api://${clientId}`,
    },
    publicUrl: 'https://tenantry.example',
    tools: allTools,
    documents: createLoginDocuments({ httpClient: lab.sandbox.httpClient }),
    clock,
    logger,
    secrets,
  });
  server = await startHttp({
    ...{ build: () => buildServer(surface), changes, clock, place: { port: 0 }, gate },
    onError: () => undefined,
  });
  const tenant = { httpClient: lab.sandbox.httpClient, cloud: lab.sandbox.cloud };
  const { response } = await lab.call('graph_query', {
    endpoint: '/users',
    params: { $filter: "accountEnabled eq true and userType eq 'Member'", $select: 'userPrincipalName', $top: 3 },
  });
  const upns = (response.data.value as { userPrincipalName: string }[]).map((user) => user.userPrincipalName);
  people = await Promise.all(upns.map(async (upn) => ({ upn, token: await signInToCompany(tenant, upn) })));
});

afterAll(async () => {
  await server?.close(0);
  await lab?.close();
});

beforeEach(() => {
  lab.sandbox.placeObject('graph', 'conditionalAccess', { claims: null });
});

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const headersOf = (name: string) => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': name,
});

async function post(token: string, message: unknown, headers: Readonly<Record<string, string>>) {
  const answer = await fetch(server.url, {
    method: 'POST',
    headers: { ...both, authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(message),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

function askTool(token: string, name: string, args: Readonly<Record<string, unknown>>) {
  return post(token, call(name, args, 2, meta), headersOf(name));
}

const askMe = (token: string) =>
  askTool(token, 'graph_query', { connection: 'me', endpoint: '/me', params: { $select: 'userPrincipalName' } });

describe('a connection that acts for its caller, shared with everybody', () => {
  test('shows each person themselves, also when they ask at the same time', async () => {
    const asked = [...people, ...people, ...people.toReversed()];
    const answers = await Promise.all(asked.map(({ token }) => askMe(token)));
    for (const [index, { status, text }] of answers.entries()) {
      expect(status, text).toBe(200);
      const seen = people.filter(({ upn }) => text.includes(upn)).map(({ upn }) => upn);
      expect(seen).toEqual([asked[index]?.upn]);
    }
  });

  test('is validated as the caller, and keeps nothing of it for others', async () => {
    const [ada] = people;
    const validated = await askTool(ada?.token ?? '', 'validate_connection', { connection: 'me' });
    expect(validated.text).toContain('token.graph');
    expect(validated.text).toContain('graph_roles');
    const { health, checks } = await lab.runtime.connections.get('me', localCaller);
    expect({ health, checks }).toEqual({ health: 'unknown', checks: [] });
  });

  test('answers a claims challenge of the authority with 401 and the claims, to that person alone', async () => {
    const [ada, bob] = people;
    lab.sandbox.placeObject('graph', 'conditionalAccess', { user: ada?.upn });
    lab.sandbox.advance(2 * 3_600);
    const again = await Promise.all(
      [ada, bob].map((one) =>
        signInToCompany({ httpClient: lab.sandbox.httpClient, cloud: lab.sandbox.cloud }, one?.upn ?? ''),
      ),
    );
    const refused = await askMe(again[0] ?? '');
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('error="insufficient_claims"');
    expect(challenge).toContain(`scope="api://${clientId}/Tenantry.Read"`);
    expect(challenge).toContain(
      'resource_metadata="https://tenantry.example/.well-known/oauth-protected-resource/mcp"',
    );
    // As browsers decode it.
    const claims = atob(/claims="([^"]+)"/.exec(challenge)?.[1] ?? '');
    expect(JSON.parse(claims)).toHaveProperty('access_token.acrs');
    expect(refused.text).toContain('unauthenticated');
    expect(refused.text).toContain('Sign in to Tenantry again');
    expect((await askMe(again[1] ?? '')).status).toBe(200);
  });

  test('does so for an older client whose answer has not begun', async () => {
    const [ada] = people;
    const tenant = { httpClient: lab.sandbox.httpClient, cloud: lab.sandbox.cloud };
    lab.sandbox.advance(2 * 3_600);
    const token = await signInToCompany(tenant, ada?.upn ?? '');
    lab.sandbox.placeObject('graph', 'conditionalAccess', { user: ada?.upn });
    const version = '2025-06-18';
    const opened = await post(token, { ...initialize, params: { ...initialize.params, protocolVersion: version } }, {});
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const message = call('graph_query', { connection: 'me', endpoint: '/me' });
    for (const headers of [{}, session]) {
      const refused = await post(token, message, { ...headers, 'mcp-protocol-version': version });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_claims"');
      expect(refused.text).toContain('Sign in to Tenantry again');
    }
  });

  test('says the same in the event stream of an older client, whose answer has begun', async () => {
    const [, , eve] = people;
    const tenant = { httpClient: lab.sandbox.httpClient, cloud: lab.sandbox.cloud };
    const token = await signInToCompany(tenant, eve?.upn ?? '');
    const opened = await post(token, initialize, {});
    lab.sandbox.placeObject('graph', 'conditionalAccess', { user: eve?.upn });
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const args = { connection: 'me', endpoint: '/me' };
    const refused = await post(token, call('graph_query', args), { ...session, 'mcp-protocol-version': '2025-11-25' });
    expect([200, 401]).toContain(refused.status);
    expect(refused.text).toContain('unauthenticated');
    expect(refused.text).toContain('Sign in to Tenantry again');
  });
});

test('the token of a caller has left for the login host alone, and is in no answer, log, record or file', async () => {
  const logged: string[] = [];
  // The log goes to stderr past its stream.
  const write = fs.writeSync.bind(fs);
  vi.spyOn(fs, 'writeSync').mockImplementation((...args: unknown[]) => {
    const [fd, data] = args;
    if (fd !== 2) return write(...(args as Parameters<typeof fs.writeSync>));
    logged.push(String(data));
    return Buffer.byteLength(String(data));
  });
  const [ada] = people;
  const token = await signInToCompany({ httpClient: lab.sandbox.httpClient, cloud: lab.sandbox.cloud }, ada?.upn ?? '');
  lab.sandbox.advance(2 * 3_600);
  const fresh = await signInToCompany({ httpClient: lab.sandbox.httpClient, cloud: lab.sandbox.cloud }, ada?.upn ?? '');
  const answers = [
    await askMe(fresh),
    await askTool(fresh, 'validate_connection', { connection: 'me' }),
    await askTool(fresh, 'graph_query', { connection: 'me', endpoint: '/nothing/of/the/kind' }),
  ];
  const tokens = [token, fresh, ...people.map((one) => one.token)];
  const isIn = (text: string) => tokens.some((one) => text.includes(one) || text.includes(encodeURIComponent(one)));
  const login = new URL(lab.sandbox.cloud.login).host;
  const carriers = sent.filter(({ url, headers, body }) =>
    isIn([url, JSON.stringify(headers.toJSON()), typeof body === 'string' ? body : ''].join('\n')),
  );
  expect(carriers.length).toBeGreaterThan(0);
  expect([...new Set(carriers.map(({ url }) => new URL(url).host))]).toEqual([login]);
  for (const { text } of answers) expect(isIn(text)).toBe(false);
  await lab.runtime.logger.flush();
  await lab.runtime.audit.handedOver();
  expect(logged.join('')).toContain('sign-in');
  expect(isIn(logged.join(''))).toBe(false);
  for (const file of await readdir(lab.home, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) expect(isIn(await readFile(join(file.parentPath, file.name), 'latin1')), file.name).toBe(false);
  }
});
