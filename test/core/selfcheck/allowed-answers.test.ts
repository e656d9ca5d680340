import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeTime } from '../../support/pass-time.ts';
import type { Rewritten } from '../../support/rewriting-client.ts';
import { differencesOf, openSelfcheckLab, type SelfcheckLab } from '../../support/selfcheck-lab.ts';

// What the services may answer as well, by their documentation or by what was recorded of them: no difference, and no
// other word for a refusal than the right one.

let lab: SelfcheckLab;
beforeAll(async () => {
  lab = await openSelfcheckLab({ settings: { retry: { max_attempts: 1 } } });
});
beforeEach(fakeTime);
afterAll(async () => {
  vi.useRealTimers();
  await lab.close();
});

type Plant = (request: PipelineRequest, body: string) => Rewritten | undefined;

async function checkWith(plant: Plant) {
  lab.service.rewrite = plant;
  try {
    return await lab.check();
  } finally {
    lab.service.rewrite = undefined;
  }
}

const at =
  (part: string, change: (body: string) => Rewritten): Plant =>
  ({ url }, body) =>
    decodeURIComponent(url).includes(part) ? change(body) : undefined;

const serviceBusId = 'ac11225b-abd9-4150-93d2-05f22c4741db_M2CH3_M2CH3';

const allowed: readonly (readonly [string, Plant])[] = [
  [
    'a last page of Resource Manager with an empty link',
    at('/resources?$top=5', (body) => ({ body: JSON.stringify({ ...JSON.parse(body), nextLink: '' }) })),
  ],
  [
    'a request id of Service Bus, which is more than a GUID',
    at('/Microsoft.ServiceBus/namespaces?', () => ({ headers: { 'x-ms-request-id': serviceBusId } })),
  ],
  [
    'an unknown version of a type as an invalid version',
    at('/storageAccounts?api-version=1999-01-01', () => ({
      body: '{"error":{"code":"InvalidApiVersionParameter","message":"No."}}',
    })),
  ],
  [
    'a PostgreSQL server whose key is in an invalid state',
    at('/flexibleServers?', (body) => ({ body: body.replace('"Ready"', '"Inaccessible"') })),
  ],
  [
    'a resource group in another of its states, which are texts',
    at('/resourcegroups?$top=1', (body) => ({ body: body.replace('"Succeeded"', '"Canceled"') })),
  ],
  ['an unknown project as a wrong request', at('/tenantry-selfcheck/_apis/', () => ({ status: 400 }))],
  [
    'a number of users as text with its charset, behind a mark of its byte order',
    at('/users/$count', (body) =>
      /^\d+$/.test(body) ? { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `\ufeff${body}` } : {},
    ),
  ],
];

test.each(allowed)('%s is no difference', async (_, plant) => {
  let planted = 0;
  const report = await checkWith((request, body) => {
    const change = plant(request, body);
    if (change !== undefined) planted += 1;
    return change;
  });
  expect(planted).toBeGreaterThan(0);
  expect(differencesOf(report)).toEqual({});
});

describe('a page of the network in the place of a service', () => {
  const page = '<!DOCTYPE html><html><title>Blocked by the proxy of Contoso</title></html>';
  /** What only services send. */
  const ofServices = [
    ...['request-id', 'client-request-id', 'x-ms-request-id', 'x-ms-ags-diagnostic', 'x-ms-resource-unit'],
    ...['x-ms-correlation-request-id', 'x-ms-routing-request-id', 'x-ms-client-request-id', 'x-ms-failure-cause'],
    ...['x-ms-ratelimit-remaining-subscription-reads', 'x-ms-ratelimit-remaining-subscription-global-reads'],
    ...['x-ms-version', 'x-ms-error-code', 'odata-version'],
  ];
  const asPage = { headers: { 'content-type': 'text/html' }, body: page, without: ofServices };

  test.each([
    ['arm.provider', '/providers/Microsoft.Storage?', 'something in the network answered in the place of the service'],
    ['storage.containers', 'comp=list&maxresults=1', 'the service could not be reached'],
  ])('%s fails, and is not said to lack a permission', async (id, part, reason) => {
    const report = await checkWith(at(part, () => ({ ...asPage, status: 403 })));
    expect(report.checks.find((check) => check.id === id)).toMatchObject({ outcome: 'failed', reason });
    expect(JSON.stringify(report)).not.toContain('Blocked');
  });

  test('with 200 it fails as well, and is no difference of the service', async () => {
    const report = await checkWith(at('/subscribedSkus', () => ({ ...asPage, status: 200 })));
    expect(report.checks.find(({ id }) => id === 'graph.skus')).toMatchObject({
      outcome: 'failed',
      reason: 'something in the network answered in the place of the service',
    });
  });
});

test('a sign-in page of Azure DevOps is a token that it does not take', async () => {
  const page = '<!DOCTYPE html><html><title>Sign in</title></html>';
  const signIn = { status: 203, headers: { 'content-type': 'text/html' }, body: page };
  const report = await checkWith(at('/_apis/', () => signIn));
  const [first, ...others] = report.checks.filter(({ id }) => id.startsWith('devops.'));
  expect(first).toMatchObject({
    outcome: 'failed',
    reason: 'the service does not take the token of the connection',
  });
  expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
});

test.each([400, 401])(
  'an address that the rules of a namespace keep out is neither a role nor a difference: %i',
  async (status) => {
    const body = `<Error><Code>${status}</Code><Detail>Ip has been prevented to connect to the endpoint.</Detail></Error>`;
    const report = await checkWith(at('/$Resources/queues', () => ({ status, body })));
    expect(report.checks.find(({ id }) => id === 'broker.queues')).toMatchObject({
      outcome: 'skipped',
      reason: 'the network rules of the service do not let this address in',
    });
  },
);

test('a search service that refuses everything shows nothing of an unknown index', async () => {
  const report = await checkWith(at('/indexes', () => ({ status: 403, body: '' })));
  const outcomes = report.checks.filter(({ id }) => /^vector\.(?!services)/.test(id)).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['skipped', 'skipped', 'skipped']);
});

test('a storage account that cannot be reached leaves the next one to be asked', async () => {
  const lost = new Set<string>();
  const report = await checkWith(({ url }) => {
    const host = /blob|storage/.exec(url) && url.includes('comp=list') ? new URL(url).host : '';
    if (host === '' || (lost.size > 0 && !lost.has(url))) return undefined;
    lost.add(url);
    throw Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' });
  });
  expect(lost.size).toBe(1);
  expect(report.checks.find(({ id }) => id === 'storage.containers')?.outcome).toBe('as_assumed');
});
