import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../src/sandbox/sandbox.ts';
import { type Row, useDevOpsTools } from './devops-tools.ts';

const devops = useDevOpsTools();
const project = 'Empty';

const interruptions: Readonly<Record<string, Fault | 'cancel'>> = {
  'the connection breaks before the service acts': { reset: 'before' },
  'the connection breaks after the service acted': { reset: 'after' },
  'the service answers 500': { status: 500 },
  'the service answers 429': { status: 429, retry_after: 5 },
  'the caller cancels': 'cancel',
};

/** Makes request number `at` of Azure DevOps meet the interruption, and tells how many there were. */
function interruptAt(at: number, interruption: Fault | 'cancel' | (() => void)) {
  const { httpClient } = devops.tools.sandbox;
  const send = httpClient.sendRequest;
  const cancel = new AbortController();
  const counted = { requests: 0, afterCancel: 0 };
  httpClient.sendRequest = (request) => {
    if (!request.url.includes('/_apis/')) return send(request);
    counted.requests += 1;
    if (cancel.signal.aborted) counted.afterCancel += 1;
    if (counted.requests === at) {
      if (interruption === 'cancel') {
        cancel.abort();
      } else if (typeof interruption === 'function') {
        interruption();
      } else {
        devops.tools.sandbox.fault({ service: 'devops', ...interruption });
      }
    }
    return send(request);
  };
  restore = () => {
    httpClient.sendRequest = send;
  };
  return { signal: cancel.signal, counted };
}

let restore = () => {};
afterEach(() => restore());

/** As many that can be converted, and one of each kind that cannot. */
function place(count: number): void {
  const { sandbox } = devops.tools;
  sandbox.placeObject('devops', 'readyAfter', { polls: 0 });
  for (let index = 0; index < count; index++) {
    sandbox.placeObject('devops', 'serviceEndpoint', { name: `azure-${String(index).padStart(2, '0')}`, project });
  }
  sandbox.placeObject('devops', 'serviceEndpoint', { name: 'by-hand', project, creationMode: 'Manual' });
  sandbox.placeObject('devops', 'serviceEndpoint', { name: 'shared', projects: [project, 'Payments'] });
}

const convert = (signal?: AbortSignal) =>
  devops.call('convert_service_connection', { project, all: true }, signal === undefined ? {} : { signal });

async function state(): Promise<ReadonlyMap<string, Row>> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const input = { project, ...(cursor === undefined ? {} : { cursor }) };
    const { response, meta } = await devops.call('list_service_connections', input);
    rows.push(...response.data.value);
    cursor = meta.cursor;
  } while (cursor !== undefined);
  return new Map(rows.map((row) => [row.name, row]));
}

/** One call that is interrupted, then another; what the service has at the end is what counts. */
async function convertTwice(count: number, at: number, interruption: Fault | 'cancel'): Promise<void> {
  const { tools } = devops;
  await devops.startOver();
  place(count);
  const { signal, counted } = interruptAt(at, interruption);
  const first = await convert(signal);
  restore();
  // Nothing but what was already on its way.
  expect(counted.afterCancel).toBe(0);
  const between = await state();
  for (const { name, outcome, scheme } of first.response.data?.value ?? []) {
    if (outcome === 'converted') expect(between.get(name)).toMatchObject({ scheme: 'WorkloadIdentityFederation' });
    if (scheme !== undefined) expect({ name, scheme }).toEqual({ name, scheme: between.get(name)?.scheme });
  }
  tools.sandbox.advance(60);
  const second = await convert();
  expect(second.response.success).toBe(true);
  const after = await state();
  expect(after.size).toBe(count + 2);
  for (const [name, row] of after) {
    const isConvertible = name.startsWith('azure-');
    expect(row.scheme).toBe(isConvertible ? 'WorkloadIdentityFederation' : 'ServicePrincipal');
    const earlier = between.get(name);
    expect(row.id).toBe(earlier?.id);
    // The second call did not convert again what the first one had.
    if (earlier?.revert_deadline !== undefined) expect(row.revert_deadline).toBe(earlier.revert_deadline);
  }
  expect(`${first.text}${second.text}`).not.toMatch(/serviceprincipalkey|[\w~.-]{3}[78]Q~/i);
}

/** Requests of an undisturbed call: the project, the list, and three for each. */
const requestsFor = (count: number) => 2 + 3 * count;

test('an undisturbed call needs the project, the list, and three requests for each', async () => {
  place(6);
  const { counted } = interruptAt(0, 'cancel');
  await convert();
  expect(counted.requests).toBe(requestsFor(6));
});

describe.each(Object.entries(interruptions))('when %s', (_, interruption) => {
  test('at any request of a project of 6, a second call ends with each converted once', async () => {
    for (let at = 1; at <= requestsFor(6); at++) await convertTwice(6, at, interruption);
  });

  // A sample: all of them would take minutes, and those of a small project have all been interrupted above.
  test('at requests of a project of 60, a second call ends with each converted once', async () => {
    for (let at = 3; at <= requestsFor(60); at += 26) await convertTwice(60, at, interruption);
  });
});

test('a 500 that does not end leaves every one as it was, and says so', async () => {
  place(12);
  devops.tools.sandbox.fault({ match: 'PUT *', status: 500, times: 1_000 });
  const { isError, response } = await convert();
  expect(isError).toBe(true);
  expect(response.data.summary).toEqual({ failed: 12, skipped: 2 });
  const now = await state();
  expect([...now.values()].every(({ scheme }) => scheme === 'ServicePrincipal')).toBe(true);
});

test('two calls at once convert each exactly once', async () => {
  place(12);
  const [one, other] = await Promise.all([convert(), convert()]);
  const outcomes = [...one.response.data.value, ...other.response.data.value].map(({ outcome }: Row) => outcome);
  expect(outcomes.filter((outcome) => !['converted', 'skipped'].includes(outcome))).toEqual([]);
  const accepted = devops.tools.seen().filter(({ method, status }) => method === 'PUT' && status === 200);
  expect(accepted).toHaveLength(12);
});

test('a cancelled call says of each how it stands: done, not begun, or not known', async () => {
  place(20);
  const { signal } = interruptAt(2 + 3 * 10, 'cancel');
  const { response } = await convert(signal);
  const { converted, unknown = 0, not_started: left, failed, skipped } = response.data.summary;
  expect(converted).toBeGreaterThan(0);
  expect(left).toBeGreaterThan(0);
  expect(failed).toBeUndefined();
  expect(converted + unknown + left + skipped).toBe(22);
  for (const { outcome, reason, hint } of response.data.value) {
    if (outcome === 'not_started') {
      expect({ reason, hint }).toEqual({ reason: expect.any(String), hint: expect.any(String) });
    }
    if (outcome === 'unknown') expect(reason).toMatch(/^It may have been converted/);
  }
});

describe('what somebody else does meanwhile', () => {
  const id = '77777777-0000-4000-8000-000000000001';
  const change = (changes: Readonly<Record<string, unknown>>) => () =>
    devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', { id, name: 'azure-00', project, ...changes });

  test('a change after the list was read is not taken back', async () => {
    change({})();
    interruptAt(3, change({ description: 'newer' }));
    expect((await convert()).response.data.summary).toEqual({ converted: 1 });
    const put = devops.tools.seen().find(({ method }) => method === 'PUT');
    expect(put?.body).toMatchObject({ description: 'newer' });
  });

  test('one that has been converted, made by hand or taken away is skipped', async () => {
    change({})();
    interruptAt(3, change({ creationMode: 'Manual' }));
    const { response } = await convert();
    expect(response.data.value).toMatchObject([
      { outcome: 'skipped', reason: expect.stringContaining('created manually') },
    ]);
  });
});
