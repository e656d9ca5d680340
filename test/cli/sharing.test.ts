import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { Caller } from '../../src/core/base/caller.ts';
import { openLocalStorage } from '../../src/core/storage/open-local-storage.ts';
import { handClock, temporaryFolder, testRecord } from '../core/connections/support.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const bob = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const team = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';

/** Runs `tenantry …` in this process; every run has the same home. */
function openCommandLine() {
  const home = join(temporaryFolder(), 'home');
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  vi.stubEnv('TENANTRY_VAULT', 'file');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const run = async (...args: readonly string[]) => {
    [out, err] = ['', ''];
    const code = await runProgram([...args, '--home', home, '--log-level', 'silent']);
    return { code, out, err };
  };
  /** Somebody who has signed in has a connection as well. */
  const addBobs = async () => {
    const storage = openLocalStorage({ home, vault: 'file', clock: handClock() });
    await storage.records.insert(testRecord({ owner: `${tenant}/${bob}`, name: 'bobs' }));
    await storage.close();
  };
  return { run, addBobs };
}

const connections = ['connections'] as const;

describe('tenantry connections share and unshare', () => {
  test('a name instead of an object id is refused with the command that finds the id', async () => {
    const { run } = openCommandLine();
    await run(...connections, 'create', 'prod');
    const byName = await run(...connections, 'share', 'prod', '--with', 'user:ada@contoso.example');
    expect(byName).toMatchObject({ code: 2, out: '' });
    expect(byName.err).toContain('az ad user show --id ada@contoso.example --query id');
    const group = await run(...connections, 'unshare', 'prod', '--with', "group:Ada's friends");
    expect(group.err).toContain(`az ad group show --group "Ada's friends" --query id`);
  });

  test('give and take back, and show tells with whom a connection is shared', async () => {
    const { run } = openCommandLine();
    await run(...connections, 'create', 'prod');
    const shared = await run(
      ...connections,
      'share',
      'prod',
      '--with',
      `group:${team}`,
      '--with',
      'everyone',
      '--access',
      'write',
    );
    expect(shared).toMatchObject({ code: 0, out: '' });
    expect(shared.err).toContain(`prod is shared with group:${team} (write), everyone (write).`);
    const lower = await run(...connections, 'share', 'prod', '--with', 'everyone');
    expect(lower.err).toContain(`prod is shared with group:${team} (write), everyone (read).`);
    const { out } = await run(...connections, 'show', 'prod');
    expect(JSON.parse(out).response.data.value[0].shared_with).toEqual([
      { group: team, access: 'write' },
      { everyone: true, access: 'read' },
    ]);
    expect((await run(...connections, 'show', 'prod', '-o', 'table')).out).toContain(
      `shared with group:${team} (write)`,
    );
    await run(...connections, 'unshare', 'prod', '--with', 'everyone');
    expect((await run(...connections, 'unshare', 'prod', '--with', `group:${team}`)).err).toContain(
      'prod is shared with nobody.',
    );
  });

  test('work on the connection of somebody else, whom the operator names', async () => {
    const { run, addBobs } = openCommandLine();
    await addBobs();
    const owner = `${tenant}/${bob}`;
    expect((await run(...connections, 'share', 'bobs', '--with', 'everyone')).code).toBe(1);
    expect(
      await run(...connections, 'share', 'bobs', '--with', 'everyone', '--owner', owner.toUpperCase()),
    ).toMatchObject({
      code: 0,
    });
    const all = JSON.parse((await run(...connections, 'list', '--all')).out).connections;
    expect(all).toMatchObject([{ owner, name: 'bobs', shared_with: 1 }]);
  });

  test('leave a line in the audit log, also where they are refused', async () => {
    const { run } = openCommandLine();
    await run(...connections, 'create', 'prod');
    await run(...connections, 'share', 'prod', '--with', 'everyone');
    await run(...connections, 'unshare', 'none', '--with', `user:${tenant}/${bob}`);
    const lines = (await run('audit')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.slice(-2)).toMatchObject([
      {
        caller: 'local',
        actor: 'operator',
        connection: 'prod',
        tool: 'connections share',
        outcome: 'success',
        target_ids: ['everyone (read)'],
      },
      { connection: 'none', tool: 'connections unshare', outcome: 'not_found', target_ids: [`user:${tenant}/${bob}`] },
    ]);
  });

  test.each([
    [['--with', 'nobody'], 'everyone, group:'],
    [['--with', 'group:sales'], 'object id'],
    [['--with', 'everyone', '--access', 'manage'], 'read'],
    [[], '--with'],
  ])('say what is wrong with %j', async (flags, words) => {
    const { run } = openCommandLine();
    await run(...connections, 'create', 'prod');
    const { code, err } = await run(...connections, 'share', 'prod', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('do nothing for an agent, which also sees no connections of others', async () => {
    const { run, addBobs } = openCommandLine();
    await addBobs();
    await run(...connections, 'create', 'prod');
    vi.stubEnv('TENANTRY_AGENT', '1');
    for (const args of [
      ['share', 'prod', '--with', 'everyone'],
      ['unshare', 'prod', '--with', 'everyone'],
      ['list', '--all'],
      ['list', '--owner', `${tenant}/${bob}`],
    ]) {
      const { code, out, err } = await run(...connections, ...args);
      expect([code, out]).toEqual([expect.any(Number), '']);
      expect(code).not.toBe(0);
      expect(err).toContain('person');
    }
  });
});

describe('tenantry connections list', () => {
  test('with --owner shows those of one, as a table with their owner', async () => {
    const { run, addBobs } = openCommandLine();
    await addBobs();
    await run(...connections, 'create', 'prod');
    const { id } = new Caller({ id: `${tenant}/${bob}` });
    const { out } = await run(...connections, 'list', '--owner', id, '-o', 'table');
    expect(out).toContain(id);
    expect(out).toContain('bobs');
    expect(out).not.toContain('prod');
    expect(JSON.parse((await run(...connections, 'list')).out).response.data.value).toMatchObject([{ name: 'prod' }]);
  });
});
