import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/child-server.ts';
import { both, call, initialize } from '../support/http-lab.ts';
import { makeCertificate } from '../support/test-certificate.ts';
import { httpAccess, type Lab, openLab, Product } from './support/product.ts';

// The beginning and the end of `tenantry http` as a process: what the configuration says, signals, certificates.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

/** Starts the server with this section of the configuration. */
async function start(http: Readonly<Record<string, unknown>>, ...args: string[]): Promise<Product> {
  const { TENANTRY_CONFIG: file = '' } = lab.env;
  const config: Record<string, unknown> = JSON.parse(await readFile(file, 'utf8'));
  const own = join(lab.home, `http-${crypto.randomUUID()}.yaml`);
  await writeFile(own, JSON.stringify({ ...config, http }));
  const product = new Product({ ...lab, env: { ...lab.env, TENANTRY_CONFIG: own } }, 'http', ...args);
  onTestFinished(() => product.stop());
  return product;
}

const readGroups = call('graph_query', { connection: 'lab', endpoint: '/groups?$top=1', limit: 1 });
const whoever = call('list_connections');

/** A call whose request Graph answers late. */
function lateCall(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  lab.sandbox.fault({ match: 'GET /v1.0/groups*', delay_ms: 500, times: 1 });
  return fetch(url, { method: 'POST', headers: { ...both, ...headers }, body: JSON.stringify(readGroups) });
}

describe('the end', () => {
  test('is told to balancers while the server goes on; a second signal does not wait', async () => {
    const server = await start({ drain_seconds: 20 }, '--port', '0');
    const { url, headers } = await httpAccess(server);
    const readiness = async () => (await fetch(url.replace('/mcp', '/readyz'))).json();
    expect(await readiness()).toEqual({ status: 'ready' });
    server.process.kill('SIGTERM');
    await server.until(({ stderr }) => stderr.includes('Stopped (SIGTERM)') || undefined);
    expect(await readiness()).toEqual({ status: 'draining', reason: 'the process ends' });
    const body = JSON.stringify(whoever);
    const answer = await fetch(url, { method: 'POST', headers: { ...both, ...headers }, body });
    expect(await answer.text()).toContain('\\"success\\":true');
    expect(answer.headers.get('connection')).toBe('close');
    server.process.kill('SIGINT');
    expect(await server.exit).toBe(3);
  });

  test('comes when the calls that run have their results; streams and sessions end with it', async () => {
    const server = await start({ drain_seconds: 0 }, '--port', '0');
    const { url, headers } = await httpAccess(server);
    const opened = await fetch(url, {
      method: 'POST',
      headers: { ...both, ...headers },
      body: JSON.stringify(initialize),
    });
    const session = { ...headers, 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    await opened.text();
    const stream = await fetch(url, { headers: { ...both, ...session } });
    const answers = [lateCall(url, session), lateCall(url, headers)];
    // Answered behind both: they run.
    await fetch(url.replace('/mcp', '/healthz'));
    server.process.kill('SIGTERM');
    for (const answer of answers) expect(await (await answer).text()).toContain('\\"success\\":true');
    await stream.text();
    expect(await server.exit).toBe(0);
  });

  test('comes at once where nothing runs', async () => {
    const server = await start({}, '--port', '0');
    await httpAccess(server);
    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });
});

describe('the configuration', () => {
  test('says where the server listens; flags win', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const configured = await httpAccess(await start({ host: '127.0.0.1', port }));
    expect(configured.url).toBe(`http://127.0.0.1:${port}/mcp`);
    const flagged = await httpAccess(await start({ host: '127.0.0.1', port }, '--host', 'localhost', '--port', `${other}`));
    expect(flagged.url).toBe(`http://localhost:${other}/mcp`);
  });

  test('opens no other address than loopback without sign-in, and no flag does', async () => {
    const configured = await start({ host: '0.0.0.0' }, '--port', '0');
    expect(await configured.exit).toBe(2);
    expect(configured.stderr).toContain('http.host is not on this machine');
    const flagged = await start({}, '--host', '0.0.0.0', '--port', '0');
    expect(await flagged.exit).toBe(2);
    expect(flagged.stderr).toContain('no sign-in');
  });

  test('bounds what a caller holds', async () => {
    const server = await start({ limits: { max_body_bytes: 1_024 } }, '--port', '0');
    const { url, headers } = await httpAccess(server);
    const answer = await fetch(url, { method: 'POST', headers: { ...both, ...headers }, body: ' '.repeat(2_000) });
    expect(answer.status).toBe(413);
  });
});

/** The certificate that a new connection is shown. */
function shownBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // Which one it is is what is asked; nothing is sent.
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('a renewed certificate is in use after SIGHUP, and the server runs on; a wrong pair does not start', async () => {
  const [first, second] = await Promise.all([makeCertificate({ trusted: false }), makeCertificate({ trusted: false })]);
  onTestFinished(async () => {
    await Promise.all([first.remove(), second.remove()]);
  });
  const tls = { certificate: join(lab.home, 'tls.crt'), key: join(lab.home, 'tls.key') };
  await copyFile(first.certPath, tls.certificate);
  await copyFile(second.keyPath, tls.key);
  const wrong = await start({ tls }, '--port', '0');
  expect(await wrong.exit).toBe(2);
  expect(wrong.stderr).toContain('http.tls.key');
  await copyFile(first.keyPath, tls.key);
  const server = await start({ tls }, '--port', '0');
  const port = Number(await server.until(({ stderr }) => /https:\/\/127\.0\.0\.1:(\d+)\/mcp/.exec(stderr)?.[1]));
  expect(await shownBy(port)).toBe(first.cert);
  await copyFile(second.certPath, tls.certificate);
  await copyFile(second.keyPath, tls.key);
  server.process.kill('SIGHUP');
  for (;;) if ((await shownBy(port)) === second.cert) break;
  server.process.kill('SIGTERM');
  expect(await server.exit).toBe(0);
});
