import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { sandboxCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';
import { startOidcIssuer } from '../support/oidc-issuer.ts';

/** Runs a command line in this process; every run has a sandbox tenant of its own and the same home. */
async function openCommandLine() {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-cli-'));
  const issuer = await startOidcIssuer({ subject: 'system:serviceaccount:shop:deployer' });
  let printed = '';
  const keep = (text: string | Uint8Array) => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  onTestFinished(async () => {
    vi.restoreAllMocks();
    await issuer.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    issuer,
    folder,
    async run(...args: readonly string[]) {
      printed = '';
      const common = ['--sandbox', '--users', '5', '--home', join(folder, 'home'), '--log-level', 'silent'];
      const code = await runProgram(['connections', ...args, ...common]);
      return { code, printed };
    },
  };
}

test('connections convert federates a connection, and --revert goes back', async () => {
  const { issuer, folder, run } = await openCommandLine();
  const [secretFile, tokenFile] = [join(folder, 'secret'), join(folder, 'token')];
  await writeFile(secretFile, sandboxCredentials.clientSecret);
  await writeFile(tokenFile, await issuer.sign());
  await run('create', 'prod', '--cloud', 'sandbox', '--access', 'read_write', '--scopes', 'directory');
  const { tenantId, clientId } = sandboxCredentials;
  await run('complete', 'prod', '--tenant-id', tenantId, '--client-id', clientId, '--client-secret-file', secretFile);

  const token = ['--federated-token', `file:${tokenFile}`];
  const mismatch = await run('convert', 'prod', ...token, '--issuer', issuer.issuer, '--subject', 'somebody');
  expect(mismatch.code).toBe(1);
  expect(JSON.parse(mismatch.printed).response.error.code).toBe('invalid_argument');

  const converted = await run('convert', 'prod', ...token, '--audience', 'api://AzureADTokenExchange');
  expect(converted.code).toBe(0);
  expect(JSON.parse(converted.printed).response.data.connection).toMatchObject({
    auth_type: 'workload_identity',
    conversion: { way_back: 'open' },
  });
  expect(converted.printed).not.toContain(sandboxCredentials.clientSecret);

  expect((await run('convert', 'prod', '--revert')).code).toBe(0);
  const shown = await run('show', 'prod');
  expect(JSON.parse(shown.printed).response.data.value[0]).toMatchObject({ auth_type: 'azure' });

  const removed = await run('convert', 'prod', ...token, '--remove-secret');
  expect(JSON.parse(removed.printed).response.data.connection.conversion.way_back).toBe('secret_removed');
});

test.each(['token', 'env:', 'file', 'eyJhbGciOiJSUzI1NiJ9.e30.x'])(
  '--federated-token %s is wrong usage, and is not repeated',
  async (source) => {
    const { run } = await openCommandLine();
    const { code, printed } = await run('convert', 'prod', '--federated-token', source);
    expect(code).toBe(2);
    expect(printed).toContain('must be secret:NAME, env:NAME, file:PATH, prompt or previous');
    expect(printed).not.toContain('eyJ');
  },
);
