import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { selfcheckText } from '../../../src/cli/output/selfcheck-text.ts';
import { csvText } from '../../../src/core/results/csv.ts';
import { checkGroups } from '../../../src/core/selfcheck/checks/all-checks.ts';
import type { SelfCheckReport } from '../../../src/core/selfcheck/report.ts';
import { testCall } from '../../support/call.ts';
import { markAnswer, marker } from '../../support/marked-service.ts';
import { fakeTime } from '../../support/pass-time.ts';
import type { RewritingClient } from '../../support/rewriting-client.ts';
import { openSelfcheckLab, type SelfcheckLab } from '../../support/selfcheck-lab.ts';

// Nothing that a service sends may be in a report: no id, no name, no text, no figure.

let lab: SelfcheckLab;
beforeAll(async () => {
  lab = await openSelfcheckLab({ settings: { retry: { max_attempts: 1 } } });
});
beforeEach(() => {
  lab.tools.sandbox.reset();
  fakeTime();
});
afterAll(async () => {
  vi.useRealTimers();
  await lab.close();
});

type Rewrite = NonNullable<RewritingClient['rewrite']>;

/** Everything that a person sees of a run: the file, the terminal, CSV, progress. */
async function everythingOf(rewrite: Rewrite | undefined): Promise<{ report: SelfCheckReport; text: string }> {
  const call = testCall();
  lab.service.rewrite = rewrite;
  try {
    const report = await lab.check(call);
    const seen = [JSON.stringify(report), selfcheckText(report), csvText(report.checks), JSON.stringify(call.updates)];
    return { report, text: [...seen, ...call.record.notes].join('\n') };
  } finally {
    lab.service.rewrite = undefined;
  }
}

/** A number that is in no text of ours. */
const markedNumber = 918_273_645;
const isSignIn = (url: string) => /\/oauth2\/|\.well-known|\/discovery\//.test(url);

/** Marks names of members and headers, numbers and texts; what is needed to go on stays where `keeps` says so. */
function markEverything(keeps: RegExp): Rewrite {
  const mark = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return keeps.test(key) ? value : `${marker} ${value}`;
    if (typeof value === 'number') return markedNumber;
    if (Array.isArray(value)) return value.map((one) => mark(one, key));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, child]) => [name, mark(child, name)]);
    return { ...Object.fromEntries(members), [`extension_${marker}_${marker}`]: marker, [`@${marker}.note`]: marker };
  };
  return ({ url }, body) => {
    if (isSignIn(url)) return undefined;
    const headers = {
      [`x-${marker}`]: marker,
      'x-ms-error-code': marker,
      'request-id': marker,
      'x-ms-resource-unit': marker,
      'x-ms-request-id': marker,
      activityid: marker,
      'x-ratelimit-delay': marker,
      'www-authenticate': `Bearer realm="${marker}"`,
    };
    try {
      return { headers, body: JSON.stringify(mark(JSON.parse(body), '')) };
    } catch {
      return { headers, body: `${marker}${body}${marker}` };
    }
  };
}

describe('a marker in everything that services send is nowhere in the report', () => {
  test.each<readonly [string, Rewrite]>([
    ['texts', markAnswer('texts', false)],
    ['all texts', markAnswer('all', false)],
    [
      'names, numbers and texts, but ids and links',
      markEverything(/^(?:id|.*Id|name|@odata\..*|nextLink|type|endpoint)$/),
    ],
    ['names, numbers and texts', markEverything(/^(?!)/)],
  ])('when %s are marked', async (_, rewrite) => {
    const { report, text } = await everythingOf(rewrite);
    expect(text).not.toContain(marker);
    expect(text).not.toContain(String(markedNumber));
    expect(report.summary.differs).toBeGreaterThan(10);
  });

  test.each([400, 401, 402, 403, 404, 409, 423, 500, 501, 503, 429])(
    'when everything is refused with %i',
    async (status) => {
      const bodies = [
        { error: { code: marker, message: marker, innerError: { code: marker }, details: [{ code: marker }] } },
        { $id: '1', message: marker, typeKey: marker },
        `<html><title>${marker}</title></html>`,
      ];
      for (const body of bodies) {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const headers = { 'x-ms-error-code': marker, 'retry-after': '9999' };
        const found = await everythingOf(({ url }) => (isSignIn(url) ? undefined : { status, body: text, headers }));
        expect(found.text).not.toContain(marker);
      }
    },
  );

  test('when the sign-in is refused', async () => {
    const body = JSON.stringify({
      error: marker,
      error_description: `AADSTS50034: ${marker}`,
      error_codes: [50_034],
      trace_id: marker,
    });
    await lab.tools.restart();
    const { text } = await everythingOf(({ url }) => (/\/token$/.test(url) ? { status: 400, body } : undefined));
    await lab.tools.restart();
    expect(text).not.toContain(marker);
  });
});

test('numbers of headers, of other headers and of other members are said in steps of ten', async () => {
  const numbers = [
    ...['x-ms-ratelimit-remaining-subscription-reads', 'x-ms-ratelimit-remaining-tenant-reads'],
    'x-ms-user-quota-remaining',
    ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'ratelimit-reset'],
  ];
  const extensions = Object.fromEntries(Array.from({ length: 37 }, (_, index) => [`extension_${index}`, 1]));
  const others = Array.from({ length: 41 }, (_, index) => [`x-${marker}-${index}`, marker]);
  const { report, text } = await everythingOf(({ url }, body) => {
    if (isSignIn(url)) return undefined;
    const headers = Object.fromEntries([...numbers.map((name) => [name, String(markedNumber)]), ...others]);
    const isGroups = url.includes('/groups?');
    return { headers, ...(isGroups ? { body: JSON.stringify({ ...JSON.parse(body), ...extensions }) } : {}) };
  });
  expect(text).not.toContain(String(markedNumber));
  const seen = report.checks.flatMap((check) => check.seen ?? []);
  const words = /^(?:0|1|2-9|10-99|100-999|1000 or more)$/;
  expect(seen.length).toBeGreaterThan(50);
  for (const { unknown_members = '0', other_headers } of seen) {
    expect(`${unknown_members}`).toMatch(words);
    expect(`${other_headers}`).toMatch(words);
  }
});

test.each([
  'null',
  '[]',
  '0',
  '"x"',
  '{}',
  '{"value":null}',
  '{"value":{}}',
  '{"value":[null,[],0]}',
  '{"error":null}',
  '',
])('answers of any form end in a report: %s', async (body) => {
  const { report } = await everythingOf(({ url }) => (isSignIn(url) ? undefined : { body }));
  expect(report.summary.differs + report.summary.failed).toBeGreaterThan(20);
});

test('no value of an ordinary answer is in the report, but for codes, states and numbers of headers', async () => {
  const values = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') values.add(value);
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  const { report, text } = await everythingOf((_, body) => {
    try {
      collect(JSON.parse(body));
    } catch {
      values.add(body);
    }
    return undefined;
  });
  expect(report.summary.differs).toBe(0);
  // What the table of checks says itself: addresses, codes, closed sets.
  const { connection, version, made } = report;
  const ours = JSON.stringify([checkGroups, connection, version, made]).toLowerCase();
  const leaked = [...values].filter(
    (value) => value.length > 2 && !ours.includes(value.toLowerCase()) && text.includes(value),
  );
  expect(values.size).toBeGreaterThan(1_000);
  expect(leaked).toEqual([]);
});
