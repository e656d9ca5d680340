import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import { viewConnection } from '../../../src/core/connections/connection-view.ts';
import type { AuthType, SecretField } from '../../../src/core/record/connection.ts';
import type { SecretArgument } from '../../../src/core/record/secret-argument.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import { testCall } from '../../support/call.ts';
import { identity, me, setUpService } from './service-support.ts';
import { handClock, temporaryFolder } from './support.ts';
import { testPem } from './test-pem.ts';

/** Part of every secret of this test, plain and in the encodings in which it could travel. */
const mark = 'MARKED~s3cret/value+';
const traces = [
  mark,
  encodeURIComponent(mark),
  Buffer.from(mark).toString('base64').slice(0, 20),
  Buffer.from(mark).toString('base64url').slice(0, 20),
  Buffer.from(mark).toString('hex'),
];

function expectClean(text: string, where: string): void {
  for (const trace of traces) {
    expect(text.includes(trace), `${where} holds ${trace}`).toBe(false);
  }
}

/** Everything about a value that a logger, a debugger or JSON could show. */
function shown(value: unknown): string {
  const cause = value instanceof Error ? `${value.stack}${inspect(value.cause, { depth: 20 })}` : '';
  return inspect(value, { depth: 20, showHidden: true, maxStringLength: null }) + JSON.stringify(value) + cause;
}

const arguments_: readonly [AuthType, SecretField, SecretArgument][] = [
  ['azure', 'client_secret', new Secret(mark)],
  ['azure', 'client_secret', { env: 'MARKED_VARIABLE' }],
  ['azure', 'certificate', new Secret(mark)],
  ['certificate', 'certificate', new Secret(mark)],
  ['certificate', 'certificate', new Secret(`${mark}-----BEGIN CERTIFICATE-----${mark}PRIVATE KEY-----`)],
  ['certificate', 'certificate', new Secret(testPem() + mark)],
  ['bearer', 'token', new Secret(mark)],
  ['bearer', 'token', new Secret(`${mark} with spaces`)],
  ['bearer', 'token', new Secret(`a.${Buffer.from(`{"exp":1,"x":"${mark}"}`).toString('base64url')}.${mark}`)],
  ['workload_identity', 'federated_token', new Secret(mark)],
  ['managed_identity', 'client_secret', new Secret(mark)],
  ['azure', 'client_secret', new Secret(mark.repeat(5_000))],
];

test.each(['healthy', 'a failing store', 'a damaged vault', 'a wrong master key'])(
  'no secret is in any record, view, note, error, output or file: %s',
  async (state) => {
    const output: string[] = [];
    const capture = (text: unknown) => {
      output.push(String(text));
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(capture);
    vi.spyOn(process.stderr, 'write').mockImplementation(capture);
    const home = temporaryFolder();
    const clock = handClock();
    const storage = openLocalStorage({ home, vault: 'file', clock });
    const { records: store, vault } = storage;
    const { service } = setUpService({ store, vault, clock }, { MARKED_VARIABLE: mark });
    const results: unknown[] = [];
    if (state === 'a failing store') store.replace = () => Promise.reject(new Error('disk full'));
    if (state === 'a damaged vault') vault.put = () => Promise.reject(new Error('disk full'));
    if (state === 'a wrong master key') {
      await vault.put({ connectionId: 'c', field: 'f' }, new Secret('x'));
      writeFileSync(join(home, 'master.key'), `tenantry-key-1:${'A'.repeat(43)}\n`, { mode: 0o600 });
      await storage.close();
    }
    const again = openLocalStorage({ home, vault: 'file', clock });
    const { service: second } = setUpService(
      { store: again.records, vault: again.vault, clock },
      { MARKED_VARIABLE: mark },
    );
    const used = state === 'a wrong master key' ? second : service;
    for (const [index, [auth_type, field, argument]] of arguments_.entries()) {
      const name = `connection-${index}`;
      const call = testCall();
      results.push(
        await used.create({ name, auth_type }, me, testCall()).catch((error) => error),
        await used.complete(name, { ...identity, secrets: { [field]: argument } }, me, call).catch((error) => error),
        await used.validate(name, undefined, me, call).catch((error) => error),
        await used.get(mark, me).catch((error) => error),
        await used.create({ name: mark, cloud: mark }, me, testCall()).catch((error) => error),
        call,
      );
    }
    const listed = await used.list(me);
    results.push(
      listed,
      listed.map((record) => viewConnection(record, clock, me)),
    );
    vi.restoreAllMocks();

    // Names are shown back on purpose, so the one that was asked for is not looked for.
    const printed = results
      .map(shown)
      .join('\n')
      .replaceAll(/There is no connection named \S+/g, '');
    expect(printed.length).toBeGreaterThan(1_000);
    expectClean(printed, 'a result');
    expectClean(output.join(''), 'the output');
    for (const file of readdirSync(home)) {
      expectClean(file, 'a file name');
      expectClean(readFileSync(join(home, file)).toString('latin1'), file);
    }
    await storage.close();
    await again.close();
  },
);
