import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { onTestFinished } from 'vitest';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import type { Approval, AuditEntry } from '../../../src/core/storage/storage.ts';
import { createApproveRoom } from '../../../src/pages/signed-in/approve-room.ts';
import { createPageNotes, type NotePageUse } from '../../../src/pages/signed-in/note-page-use.ts';
import { createPageDesk } from '../../../src/pages/signed-in/page-desk.ts';
import { baseOf, callbackPath } from '../../../src/pages/signed-in/page-paths.ts';
import type { PageRoom } from '../../../src/pages/signed-in/page-room.ts';
import { createPageSessions } from '../../../src/pages/signed-in/page-sessions.ts';
import { createPageSignIn } from '../../../src/pages/signed-in/page-sign-in.ts';
import { createWebPages } from '../../../src/pages/signed-in/web-pages.ts';
import { handClock } from '../../core/connections/support.ts';
import { send } from '../page-client.ts';

export const tenant = 'aaaaaaaa-0000-4000-8000-000000000001';
export const otherTenant = 'aaaaaaaa-0000-4000-8000-000000000002';
export const ada = `${tenant}/bbbbbbbb-0000-4000-8000-000000000001`;
export const bob = `${tenant}/bbbbbbbb-0000-4000-8000-000000000002`;
const login = 'https://login.lab.example';

export interface BenchOptions {
  /** Default: a loopback address without TLS. The server listens there whatever this says. */
  readonly publicUrl?: string;
  readonly tenants?: readonly string[];
  readonly rooms?: (parts: { readonly note: NotePageUse }) => readonly PageRoom[];
}

/** The pages over a store in memory, on a port; who has signed in is said by the test. Closed when the test ends. */
export async function openPagesBench(options: BenchOptions = {}) {
  const { tenants = [tenant], rooms = () => [] } = options;
  const clock = handClock();
  const storage = createMemoryStorage(clock);
  const key = async () => Buffer.alloc(32, 7);
  const noted: AuditEntry[] = [];
  const failures: unknown[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A TCP server has an address of this shape once it listens.
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { publicUrl = address } = options;
  const base = baseOf(publicUrl);
  const { approvals, state } = storage;
  const sessions = createPageSessions({ key, clock, publicUrl, approvals, state });
  const signIn = createPageSignIn({
    login,
    tenants,
    clientId: 'cccccccc-0000-4000-8000-000000000001',
    clientSecret: async () => new Secret('secret-of-the-app'),
    redirectUri: `${publicUrl}${callbackPath}`,
    httpClient: async () => ({
      async sendRequest(request) {
        const [, of] = new URL(request.url).pathname.split('/');
        const at = (name: string) => `${login}/${of}/${name}`;
        const document = { issuer: at('v2.0'), authorization_endpoint: at('authorize'), token_endpoint: at('token') };
        const bodyAsText = JSON.stringify({ ...document, jwks_uri: at('keys') });
        return { request, status: 200, headers: createHttpHeaders({ 'content-type': 'application/json' }), bodyAsText };
      },
    }),
  });
  const desk = createPageDesk({ signIn, sessions, tenants, base, onRefused: (error) => failures.push(error) });
  const note = createPageNotes((entry) => noted.push(entry), clock);
  const pages = createWebPages({
    publicUrl,
    sessions,
    desk,
    onError: (error) => failures.push(error),
    rooms: [createApproveRoom({ approvals, clock, note }), ...rooms({ note })],
  });
  server.on('request', (request, response) => void pages.handle(request, response));
  const { origin } = new URL(publicUrl);
  const signInAs = async (id: string, name = 'Ada') => {
    const [cookie = ''] = await sessions.begin({ id, name });
    return cookie.split(';')[0] ?? '';
  };
  return {
    address,
    origin,
    clock,
    storage,
    sessions,
    noted,
    failures,
    signInAs,
    get: (path: string, headers: Readonly<Record<string, string>> = {}) => send(`${address}${path}`, { headers }),
    /** Sends a plain form as a page of the session does. */
    async post(path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams(fields).toString();
      return send(`${address}${path}`, { method: 'POST', headers: { origin, ...type, ...headers }, body });
    },
    async tokenOf(cookie: string, path = '/approve') {
      const { body } = await send(`${address}${path}`, { headers: { cookie } });
      return /name="token" value="([^"]+)"/.exec(body)?.[1] ?? '';
    },
    /** Something of this person that waits for a yes. */
    async waits(owner: string, code = 'K7F3', changes: Partial<Approval> = {}) {
      const now = clock.now();
      const rest = { tool: 'graph_write', connection: 'prod', state: 'waiting' as const, createdAt: now };
      const details = ['`POST /applications/1/addPassword`', '  `access`: `read_only` -> `read_write`'];
      const asked = { summary: 'Add a credential to `app`', details, expiresAt: now + 3_600_000 };
      await approvals.insert({ code, owner, digest: `digest ${code}`, ...rest, ...asked, ...changes }, 20);
    },
    stateOf: async (code: string, owner: string) => (await approvals.find(`digest ${code}`, owner))?.state,
  };
}
