import { request } from 'node:http';
import { builtInClouds, type Cloud } from '../../../src/core/base/clouds.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import type { SignInRules } from '../../../src/runtime/config/http-rules.ts';
import { openLoginDocuments } from '../../../src/runtime/open-login-documents.ts';
import { buildServer } from '../../../src/server/build-server.ts';
import { startHttp } from '../../../src/server/http/start-http.ts';
import { metadataRoute } from '../../../src/server/sign-in/resource-metadata.ts';
import { signInGate } from '../../../src/server/sign-in/sign-in-gate.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { tools } from '../../../src/tools/registry.ts';
import { type OidcServer, startOidcServer } from '../../support/oidc-server.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

export const tenant = '11111111-1111-4111-8111-111111111111';
export const otherTenant = '99999999-9999-4999-8999-999999999999';
export const clientId = '22222222-2222-4222-8222-222222222222';
export const apps = {
  reader: '33333333-3333-4333-8333-333333333331',
  manager: '33333333-3333-4333-8333-333333333332',
  nobody: '33333333-3333-4333-8333-333333333333',
};
export const ada = 'ada@contoso.example';
export const grace = 'grace@contoso.example';
export const oids = {
  [ada]: '44444444-4444-4444-8444-444444444444',
  [grace]: '44444444-4444-4444-8444-444444444445',
};
export const publicUrl = 'https://tenantry.contoso.example';
export const uri = `api://${clientId}`;

export interface SignInLab {
  readonly oidc: OidcServer;
  readonly box: SandboxTools;
  readonly rules: SignInRules;
  readonly url: string;
  /** Of the gate; the clock of the provider stands apart. */
  readonly clock: { offsetMs: number; now(): number };
  /** What the gate has written to its log. */
  readonly log: () => string;
  close(): Promise<void>;
}

/** A server of Tenantry where people of one tenant sign in; the provider knows another tenant as well. */
export async function openSignInLab(): Promise<SignInLab> {
  const users = { [ada]: { oid: oids[ada], name: 'Ada' }, [grace]: { oid: oids[grace], name: 'Grace' } };
  const oidc = await startOidcServer({
    tenants: [tenant, otherTenant],
    clientId,
    users,
    apps: { [apps.reader]: ['Tenantry.Read'], [apps.manager]: ['Tenantry.Manage'], [apps.nobody]: [] },
  });
  const box = await openSandboxTools({ users: 5 });
  const rules = rulesFor(oidc);
  const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs };
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  const surface = createSurface(box.runtime, { listed: tools, callable: tools }, 'http');
  const documents = openLoginDocuments(() => undefined);
  const server = await startHttp({
    build: () => buildServer(surface),
    changes: surface.changes,
    clock,
    place: { port: 0 },
    gate: signInGate({ rules, publicUrl, tools, documents, clock, logger, secrets: box.runtime.secrets }),
    routes: [metadataRoute({ rules, publicUrl })],
    web: { publicUrl, isSignedIn: true },
    onError: () => undefined,
  });
  return {
    oidc,
    box,
    rules,
    url: server.url,
    clock,
    log: () => lines.join(''),
    async close() {
      await server.close();
      documents.close();
      await box.close();
      await oidc.close();
    },
  };
}

export function rulesFor({ base }: Pick<OidcServer, 'base'>): SignInRules {
  const cloud: Cloud = { ...(builtInClouds['public'] as Cloud), name: 'lab', login: base };
  return { cloud, tenants: [tenant], clientId, audiences: [clientId, uri], applicationIdUri: uri };
}

export interface Reply {
  readonly status: number;
  readonly challenge: string;
  readonly session: string;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** One request, with headers exactly as given. */
export function send(url: string, headers: Headers, body: unknown, method = 'POST'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      agent: false,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(headers as Record<string, string | string[]>),
      },
    });
    sent.on('error', reject);
    sent.on('response', async (received) => {
      const text = (await received.toArray()).join('');
      const {
        'www-authenticate': challenge = '',
        'mcp-session-id': session,
        'retry-after': retryAfter,
      } = received.headers;
      resolve({ status: received.statusCode ?? 0, challenge, session: String(session ?? ''), retryAfter, text });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

export function callOf(tool: string, args: unknown = {}, id = 1): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: args } };
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A call as a client of the 2026 family sends it. */
export function modernCall(url: string, headers: Headers, tool: string): Promise<Reply> {
  const call = { ...callOf(tool), params: { name: tool, arguments: {}, _meta: meta } };
  const named = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': tool };
  return send(url, { ...named, ...headers }, call);
}

export const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

/** Opens a session of the 2025 family; the answer of the server where it does not open. */
export async function openSession(url: string, headers: Headers): Promise<Reply> {
  return send(url, headers, initialize);
}

/** A call in a session of its own; where the session does not open, what it was answered. */
export async function legacyCall(url: string, headers: Headers, tool: string): Promise<Reply> {
  const opened = await openSession(url, headers);
  if (opened.status !== 200) return opened;
  return send(url, { ...headers, 'mcp-session-id': opened.session }, callOf(tool));
}
