import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tools } from '../../src/tools/registry.ts';
import { fullScope, type SignedInNode, startLogin, startSignedInNode } from '../e2e/support/signed-in.ts';
import { freePort } from '../support/child-server.ts';
import type { OidcServer } from '../support/oidc-server.ts';
import { mcporter, runProgram, type Shown, type Stranger, strangers } from './support/http-strangers.ts';
import { OAuthPerson, signIn } from './support/oauth-person.ts';

// Some of the programs are started anew for every call.
vi.setConfig({ testTimeout: 60_000 });

const ada = 'ada@contoso.example';
let login: OidcServer;
let node: SignedInNode;

beforeAll(async () => {
  login = await startLogin();
  node = await startSignedInNode(login);
});
afterAll(async () => {
  await node?.close();
  await login?.close();
});

/** As text inside texts, whatever the program puts around it. */
function plain({ text }: Shown): string {
  return text.replaceAll(/[\\\s]/g, '');
}

const saysWrongKey = 'thenearestvalidkeyis"endpoint"';
/** Where a program shows something else than the words of our answer. */
const ownWords: Readonly<
  Record<string, { readonly refused?: RegExp; readonly wrongKey?: string; readonly unknownTool?: RegExp }>
> = {
  'the v2 client, auto': { refused: /requires authorization \(HTTP 401\)/ },
  'the v2 client, pinned': { refused: /requires authorization \(HTTP 401\)/ },
  'the OpenAI Agents SDK': { refused: /requires authorization \(HTTP 401\)/ },
  // It looks at the list first.
  'the Inspector, legacy': { unknownTool: /tool_not_found/ },
  'the Inspector, modern': { refused: /auth_required.*HTTP 401/, unknownTool: /tool_not_found/ },
  mcporter: { refused: /"kind": "auth"/ },
  // These two know only the list that they got.
  'the AI SDK': { unknownTool: /knows no tool/ },
  "LangChain's adapter": { wrongKey: 'didnotmatchexpectedschema', unknownTool: /knows no tool/ },
};

describe.each(Object.entries(strangers))('%s', (name, connect) => {
  const { refused = /Unauthorized: .* Sign in again\./, wrongKey = saysWrongKey, unknownTool } = ownWords[name] ?? {};
  let stranger: Stranger;

  beforeAll(async () => {
    stranger = await connect(node.url, await login.userToken(ada, ['Tenantry.Read']));
  });
  afterAll(() => stranger?.close());

  test('says that one has to sign in', async () => {
    await expect(connect(node.url, 'no-token-at-all')).rejects.toThrow(refused);
  });

  test('lists the tools, in our order', async () => {
    expect(await stranger.tools()).toEqual(tools.map((tool) => tool.name));
  });

  test('makes a call', async () => {
    const call = { connection: 'lab', endpoint: '/users', params: { $top: 1, $select: 'id' }, limit: 1 };
    const answer = await stranger.call('graph_query', call);
    expect(answer.isThrown, answer.text).toBe(false);
    expect(plain(answer)).toContain('"success":true');
  });

  test('shows what is wrong with the arguments', async () => {
    expect(plain(await stranger.call('graph_query', { connection: 'lab', endpont: '/users' }))).toContain(wrongKey);
  });

  test('shows that there is no such tool', async () => {
    const answer = await stranger.call('no_such_tool', {});
    expect(answer).toMatchObject({ isThrown: true, text: expect.stringMatching(unknownTool ?? /Unknown tool/) });
  });

  test('shows which scopes a call needs that it has not', async () => {
    const answer = await stranger.call('create_connection', { name: 'over-the-scope' });
    expect(answer).toMatchObject({ isThrown: true, text: expect.stringContaining('Tenantry.Manage') });
    const { isThrown } = await stranger.call('list_connections', {});
    expect(isThrown).toBe(false);
  });
});

/** The same steps for both generations of the SDK; their classes have nothing in common. */
interface Signing {
  readonly transport: { finishAuth(callback: URLSearchParams): Promise<void> };
  connect(): Promise<void>;
  call(tool: string, args: Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

const info = { name: 'stranger', version: '1' };

function openOld(url: string, person: OAuthPerson): Signing {
  const client = new OldClient(info);
  const transport = new OldTransport(new URL(url), { authProvider: person });
  return {
    transport: { finishAuth: (callback) => transport.finishAuth(callback.get('code') ?? '') },
    // The transport's own optional fields lack `undefined` where the interface has it.
    connect: () => client.connect(transport as Parameters<typeof client.connect>[0]),
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

function openModern(mode: 'legacy' | 'auto' | { readonly pin: string }) {
  return (url: string, person: OAuthPerson): Signing => {
    const client = new ModernClient(info, { versionNegotiation: { mode } });
    const transport = new ModernTransport(new URL(url), { authProvider: person });
    return {
      transport,
      connect: () => client.connect(transport),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    };
  };
}

const write = {
  connection: 'lab',
  requests: [{ method: 'PATCH', endpoint: '/users/none@contoso.example', body: { jobTitle: 'x' } }],
  dry_run: true,
};

describe.each([
  ['the v1 client', openOld],
  ['the v2 client, legacy', openModern('legacy')],
  ['the v2 client, auto', openModern('auto')],
  ['the v2 client, pinned', openModern({ pin: '2026-07-28' })],
])('%s, which nobody has told where to sign in', (_name, open) => {
  test('finds it out by itself, and again what a write needs', async () => {
    const person = new OAuthPerson({ clientId: login.agentId, login: ada });
    const first = open(node.url, person);
    await expect(first.connect()).rejects.toThrow(/Unauthorized/);
    const [asked] = person.visited;
    expect(asked?.href.startsWith(`${login.issuer()}/auth?`)).toBe(true);
    expect(Object.fromEntries(asked?.searchParams ?? [])).toMatchObject({
      client_id: login.agentId,
      code_challenge_method: 'S256',
      resource: node.url,
      scope: fullScope('Tenantry.Read'),
    });
    await first.transport.finishAuth(person.callback);

    const client = open(node.url, person);
    await client.connect();
    expect(JSON.stringify(await client.call('list_connections', {}))).toContain('lab');
    await expect(client.call('graph_write', write)).rejects.toThrow(/Unauthorized/);
    // All that the operation needs, so that the next token has it all.
    expect(person.visited[1]?.searchParams.get('scope')?.split(' ')).toEqual([
      fullScope('Tenantry.Read'),
      fullScope('Tenantry.Write'),
    ]);
    await client.transport.finishAuth(person.callback);
    expect(person.tokens()?.scope).toContain(fullScope('Tenantry.Write'));
    const dry = JSON.stringify(await client.call('graph_write', write));
    expect(dry).toContain('/users/none@contoso.example');
    await client.close();
  });
});

test('mcporter finds out where to sign in, and calls with what it has got', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tenantry-mcporter-'));
  const port = await freePort();
  const config = join(home, 'mcporter.json');
  const server = {
    url: node.url,
    auth: 'oauth',
    oauthClientId: login.agentId,
    oauthRedirectUrl: `http://127.0.0.1:${port}/callback`,
  };
  await writeFile(config, JSON.stringify({ imports: [], mcpServers: { tenantry: server } }));
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_CONFIG_HOME: home, NO_COLOR: '1' };
  const words = ['auth', 'tenantry', '--no-browser', '--json', '--config', config];
  const auth = spawn(process.execPath, [mcporter, ...words], { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => auth.once('exit', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let printed = '';
    const hear = (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /"authorizationUrl": "([^"]+)"/.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    };
    auth.stdout.on('data', hear);
    auth.stderr.on('data', hear);
    void ended.then((code) => reject(new Error(`mcporter ended with ${code}: ${printed}`)));
  });
  // mcporter itself waits for the person to come back.
  await fetch(await signIn(new URL(address), ada));
  expect(await ended).toBe(0);
  const call = (tool: string, args: string) =>
    runProgram(
      mcporter,
      ['call', `tenantry.${tool}`, '--args', args, '--output', 'json', '--no-oauth', '--config', config],
      home,
    );
  expect(JSON.parse((await call('list_connections', '{}')).stdout)).toMatchObject({ response: { success: true } });
  const refused = await call('create_connection', '{"name":"over-the-scope"}');
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('Tenantry.Manage') });
  await rm(home, { recursive: true, force: true });
});
