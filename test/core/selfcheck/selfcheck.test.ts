import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isReadOnlyPost as isArmRead } from '../../../src/core/apis/arm/arm-path.ts';
import { createGraphDescriptor, isReadOnlyPost as isGraphRead } from '../../../src/core/apis/graph/graph-descriptor.ts';
import type { ProgressUpdate } from '../../../src/core/base/call-context.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import { checkGroups } from '../../../src/core/selfcheck/checks/all-checks.ts';
import type { SelfCheckReport } from '../../../src/core/selfcheck/report.ts';
import { chooseChecks } from '../../../src/core/selfcheck/run-selfcheck.ts';
import { codeInWords } from '../../../src/core/selfcheck/vocabulary.ts';
import { testCall } from '../../support/call.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { differencesOf, openSelfcheckLab, type SelfcheckLab } from '../../support/selfcheck-lab.ts';

const checks = checkGroups.flatMap((group) => group.checks);

describe('the table of checks', () => {
  test('has one entry for each id, and each id is words', () => {
    const ids = checks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z-]+(?:\.[a-z0-9-]+)+$/);
  });

  test('names a page of learn.microsoft.com for every rule', () => {
    for (const { id, source } of checks) expect(source, id).toMatch(/^https:\/\/learn\.microsoft\.com\/[\w/.-]+$/);
  });

  test('reads: GET, HEAD, and POSTs that the pipeline takes for reads', () => {
    for (const { id, request } of checks) {
      const { method = 'GET', service, path, body } = request;
      if (method !== 'POST') continue;
      const isRead = service === 'arm' ? isArmRead(path) : service === 'graph' && isGraphRead({ wirePath: path, body });
      expect(isRead, id).toBe(true);
    }
  });

  test('knows every code that it assumes', () => {
    for (const { expect: assumed } of checks) {
      for (const code of assumed.codes ?? []) expect(codeInWords(code)).toBe(code);
    }
  });

  test('has about 60 requests for a connection to Graph and Azure', () => {
    const record = { auth_type: 'azure', scopes: ['directory', 'resources'] } as const;
    const chosen = chooseChecks({ record: record as unknown as Parameters<typeof chooseChecks>[0]['record'] });
    expect(chosen.length).toBeGreaterThanOrEqual(55);
    expect(chosen.length).toBeLessThanOrEqual(75);
  });
});

describe('against the sandbox', () => {
  let lab: SelfcheckLab;
  beforeAll(async () => {
    lab = await openSelfcheckLab();
  });
  beforeEach(fakeTime);
  afterAll(async () => {
    vi.useRealTimers();
    await lab.close();
  });

  test('everything is as assumed', async () => {
    const report = await lab.check();
    expect(differencesOf(report)).toEqual({});
    expect(report.summary).toEqual({ as_assumed: checks.length, differs: 0, skipped: 0, failed: 0 });
    expect(report.checks.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
  });

  test('nothing is sent that writes, though the connection may', async () => {
    lab.tools.forget();
    await lab.check();
    const writes = lab.tools
      .seen()
      .filter(({ service, method }) => service !== 'login' && !['GET', 'HEAD'].includes(method))
      .map(({ service, url }) => `${service} ${url.split('?', 1)[0]}`);
    expect(new Set(writes)).toEqual(
      new Set([
        'graph /v1.0/$batch',
        'graph /v1.0/directoryObjects/getByIds',
        'arm /providers/Microsoft.ResourceGraph/resources',
      ]),
    );
  });

  test('what its requests go through refuses a write, though the connection may', async () => {
    const { runtime } = lab.tools;
    const connection = await runtime.opener.open(await runtime.connections.get('sandbox', localCaller), localCaller);
    const reader = connection.readerOf(createGraphDescriptor());
    const write = { method: 'POST', path: '/groups', body: { displayName: 'x' } } as const;
    expect(connection.record.access).toBe('read_write');
    await expect(passTime(reader.send(write, testCall()))).rejects.toMatchObject({ code: 'refused' });
  });

  test('nothing is written anywhere: no audit line, no result, no health', async () => {
    const { runtime, home } = lab.tools;
    const before = await filesOf(home);
    const record = await runtime.connections.get('sandbox', localCaller);
    await lab.check();
    expect(await filesOf(home)).toEqual(before);
    expect(await runtime.connections.get('sandbox', localCaller)).toEqual(record);
  });

  test('progress names checks and nothing else', async () => {
    const call = testCall();
    await lab.check(call);
    expect(call.updates.map(({ message }) => message)).toEqual(checks.map(({ id }) => id));
    expect(call.record.notes).toEqual([]);
  });

  test('a run that is cancelled sends nothing more and rejects', async () => {
    const cancel = new AbortController();
    const call = testCall({ signal: cancel.signal });
    const third = ({ progress }: ProgressUpdate) => {
      if (progress === 3) cancel.abort();
    };
    lab.tools.forget();
    await expect(lab.check({ ...call, progress: third })).rejects.toMatchObject({ code: 'cancelled' });
    expect(lab.tools.graphRequests().length).toBeLessThanOrEqual(2);
  });

  test('says what the connection is for, and not which it is', async () => {
    const { connection, made, version, form } = await lab.check();
    expect({ connection, made, version, form }).toMatchObject({
      connection: { cloud: 'another', auth_type: 'azure', scope_level: 'subscription' },
      made: '2026-11-20',
      version: '1.2.3',
      form: 1,
    });
  });
});

describe('a connection that may do little', () => {
  let lab: SelfcheckLab;
  beforeAll(async () => {
    lab = await openSelfcheckLab();
  });
  beforeEach(fakeTime);
  afterAll(async () => {
    vi.useRealTimers();
    await lab.close();
  });

  const skipped = (report: SelfCheckReport) =>
    Object.fromEntries(
      report.checks
        .filter(({ outcome }) => outcome === 'skipped')
        .map(({ id, reason, needs = '' }) => [id, `${reason} ${needs}`.trim()]),
    );

  test('what is not granted is skipped, and the permission or role is named', async () => {
    const report = await lab.check(testCall(), 'readOnly');
    expect(report.summary).toMatchObject({ differs: 0, failed: 0 });
    expect(skipped(report)).toEqual({
      'graph.users.activity': 'not granted AuditLog.Read.All and User.Read.All',
      'storage.containers': 'not granted a Storage Blob Data role',
      'storage.refuses.unknown-container': 'not granted a Storage Blob Data role',
      'broker.queues': 'not granted the role Azure Service Bus Data Owner',
      'vector.count': 'not granted the role Search Index Data Reader',
      'vector.refuses.unknown-index': 'not granted the role Search Index Data Reader',
    });
  });

  test('without any permission, everything that takes one is skipped, and nothing fails', async () => {
    const report = await lab.check(testCall(), 'noRoles');
    expect(report.summary).toMatchObject({ differs: 0, failed: 0 });
    expect(report.summary.skipped).toBeGreaterThan(70);
    expect(skipped(report)).toMatchObject({
      'graph.users.page': 'not granted User.ReadBasic.All',
      'graph.users.next-page': 'no next page to ask about',
      'graph.advanced.relationship': 'no group to ask about',
    });
  });

  test('without a token, each service fails once, with the code, and is left alone', async () => {
    lab.tools.forget();
    const report = await lab.check(testCall(), 'expired');
    const failed = report.checks.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ id }) => id)).toEqual([
      ...['graph.organization', 'arm.subscriptions', 'storage.containers', 'broker.queues', 'vector.indexes'],
      'devops.organization',
    ]);
    for (const { reason } of failed) expect(reason).toBe('no token: AADSTS7000222');
    expect(lab.tools.graphRequests()).toEqual([]);
    expect(lab.tools.armRequests()).toEqual([]);
  });

  test('what the connection does not name cannot be asked about: neither a failure nor a lack of a token', async () => {
    vi.useRealTimers();
    const bare = await openSelfcheckLab({ scopes: ['storage', 'devops'], identity: {} });
    fakeTime();
    const report = await bare.check();
    vi.useRealTimers();
    await bare.close();
    fakeTime();
    expect(report.summary).toMatchObject({ differs: 0, failed: 0 });
    expect(skipped(report)).toMatchObject({
      'storage.containers': 'no subscription of the connection to ask about',
      'storage.refuses.unknown-container': 'no subscription of the connection to ask about',
      'devops.organization': 'no organization to ask about',
      'devops.refuses.preview': 'no organization to ask about',
    });
  });

  test('what the policy does not allow is skipped', async () => {
    vi.useRealTimers();
    const policy = { subscriptions: ['00000000-0000-4000-8000-000000000001'] };
    const bound = await openSelfcheckLab({ scopes: ['resources'], policy });
    fakeTime();
    const report = await bound.check();
    vi.useRealTimers();
    await bound.close();
    expect(report.summary).toMatchObject({ differs: 0, failed: 0 });
    expect(skipped(report)['arm.groups']).toBe('the policy of the connection does not allow it');
  });
});

describe('a service that throttles', () => {
  let lab: SelfcheckLab;
  beforeAll(async () => {
    lab = await openSelfcheckLab({ scopes: ['directory'] });
  });
  beforeEach(() => {
    lab.tools.sandbox.reset();
    fakeTime();
  });
  afterAll(async () => {
    vi.useRealTimers();
    await lab.close();
  });

  test('is waited for: the same request once more after its time, and nothing in between', async () => {
    lab.tools.sandbox.fault({ match: 'GET /v1.0/groups*', status: 429, retry_after: 7, times: 1 });
    lab.tools.forget();
    const before = Date.now();
    const report = await lab.check();
    const groups = lab.tools.graphRequests().filter((line) => line.startsWith('GET /v1.0/groups?$top=2'));
    expect(report.summary).toMatchObject({ differs: 0, skipped: 0, failed: 0 });
    expect(report.checks.find(({ id }) => id === 'graph.groups.page')).toMatchObject({ attempts: 2 });
    expect(groups).toHaveLength(2);
    expect(Date.now() - before).toBeGreaterThanOrEqual(7_000);
  });

  test('that fails is a failure with its status', async () => {
    lab.tools.sandbox.fault({ match: 'GET /v1.0/organization*', status: 503, times: 100 });
    const report = await lab.check();
    expect(report.checks[0]).toMatchObject({
      id: 'graph.organization',
      outcome: 'failed',
      reason: 'the service answered 503',
      attempts: 4,
    });
    expect(report.summary.failed).toBe(1);
  });

  test('is left alone where its time is longer than a check waits', async () => {
    lab.tools.sandbox.fault({ match: 'GET /v1.0/users*', status: 429, retry_after: 9_999, times: 100 });
    lab.tools.forget();
    const report = await lab.check();
    expect(report.summary).toMatchObject({ differs: 0, failed: 0 });
    expect(report.checks.find(({ id }) => id === 'graph.users.page')).toMatchObject({
      outcome: 'skipped',
      reason: 'throttled for longer than a check waits',
    });
    expect(lab.tools.graphRequests().filter((line) => line.startsWith('GET /v1.0/users'))).toHaveLength(1);
  });
});

test('a service that throttles all the time ends in a report: after half an hour nothing more is asked', async () => {
  const { tools, check, close } = await openSelfcheckLab({ scopes: ['directory'] });
  fakeTime();
  for (const method of ['GET', 'POST']) {
    tools.sandbox.fault({ match: `${method} /v1.0/*`, status: 429, retry_after: 60, times: 10_000 });
  }
  const before = Date.now();
  const report = await check();
  expect(report.summary).toMatchObject({ as_assumed: 0, differs: 0, failed: 0 });
  const reasons = report.checks.map(({ reason }) => reason);
  expect(reasons[0]).toBe('throttled for longer than a check waits');
  expect(reasons.at(-1)).toBe('the run had taken half an hour');
  expect(Date.now() - before).toBeLessThan(33 * 60_000);
  vi.useRealTimers();
  await close();
});

/** Name, size and text of every file of the home. */
async function filesOf(home: string): Promise<readonly string[]> {
  const names = await readdir(home, { recursive: true });
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const path = join(home, name);
      const found = await stat(path);
      return found.isFile() ? `${name} ${found.size} ${(await readFile(path)).toString('base64')}` : name;
    }),
  );
  return files;
}
