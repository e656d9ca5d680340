import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { SelfCheckReport } from '../../../src/core/selfcheck/report.ts';
import { fakeTime } from '../../support/pass-time.ts';
import type { Rewritten } from '../../support/rewriting-client.ts';
import { differencesOf, openSelfcheckLab, type SelfcheckLab } from '../../support/selfcheck-lab.ts';

// A sandbox that differs in one thing: the check that is about it says so, names the class, and no other check does.

let whole: SelfcheckLab;
/** For what is about Graph alone: fewer requests. */
let directory: SelfcheckLab;
beforeAll(async () => {
  whole = await openSelfcheckLab();
  directory = await openSelfcheckLab({ scopes: ['directory'] });
});
beforeEach(fakeTime);
afterAll(async () => {
  vi.useRealTimers();
  await whole.close();
  await directory.close();
});

// biome-ignore lint/suspicious/noExplicitAny: tests change answers of any shape
type Json = any;

async function checkWith(plant: Plant, lab: SelfcheckLab): Promise<SelfCheckReport> {
  lab.service.rewrite = plant;
  try {
    return await lab.check();
  } finally {
    lab.service.rewrite = undefined;
  }
}

/** The address without its root, decoded. */
function addressOf({ url, method }: PipelineRequest): string {
  const { pathname, search } = new URL(url);
  return `${method} ${pathname}${decodeURIComponent(search.replaceAll('+', ' '))}`;
}

type Plant = (request: PipelineRequest, body: string) => Rewritten | undefined;

const where =
  (isMeant: (address: string, request: PipelineRequest) => boolean, change: (body: string) => Rewritten): Plant =>
  (request, body) =>
    isMeant(addressOf(request), request) ? change(body) : undefined;

/** Changes the body in place. */
const json =
  (change: (body: Json) => void) =>
  (body: string): Rewritten => {
    const value: Json = JSON.parse(body);
    change(value);
    return { body: JSON.stringify(value) };
  };

const items = (change: (item: Json) => void) =>
  json(({ value }) => {
    for (const item of value) change(item);
  });

const at = (ending: string) => (address: string) => address.endsWith(ending);
const page = at('/v1.0/users?$top=2');
const isPlain = (request: PipelineRequest) => !request.headers.has('consistencylevel');
const refusal = (status: number, code: string) => (): Rewritten => ({
  status,
  body: JSON.stringify({ error: { code, message: 'No.', innerError: {} } }),
});
const emptyList = (): Rewritten => ({ status: 200, body: '{"value":[]}' });

const planted: readonly (readonly [name: string, plant: Plant, found: Readonly<Record<string, readonly string[]>>])[] =
  [
    [
      'shape: a member is missing',
      where(
        page,
        items((user) => {
          delete user.jobTitle;
        }),
      ),
      { 'graph.users.page': ['shape value[].jobTitle'] },
    ],
    [
      'shape: a member is of another kind',
      where(
        at('/subscribedSkus'),
        items((sku) => {
          sku.consumedUnits = '12';
        }),
      ),
      { 'graph.skus': ['shape value[].consumedUnits'] },
    ],
    [
      'shape: a member that a complete list of members has not',
      where(
        page,
        items((user) => {
          user.zodiacSign = 'Leo';
        }),
      ),
      { 'graph.users.page': ['shape value[]'] },
    ],
    [
      'shape: a value outside a closed set',
      where(
        at('/subscribedSkus'),
        items((sku) => {
          sku.capabilityStatus = 'Asleep';
        }),
      ),
      { 'graph.skus': ['shape value[].capabilityStatus'] },
    ],
    [
      'shape: a page for people instead of JSON',
      where(at('/subscribedSkus'), () => ({
        body: '<!DOCTYPE html><html><title>Sign in</title></html>',
        headers: { 'content-type': 'text/html' },
      })),
      { 'graph.skus': ['shape the answer'] },
    ],
    [
      'shape: a truth that is a boolean instead of a text',
      where(
        (address, { body }) =>
          address.includes('ResourceGraph') && /"\$top":2,"resultFormat":"[a-zA-Z]+"\}/.test(String(body)),
        json((body) => {
          body.resultTruncated = false;
        }),
      ),
      { 'resource-graph.objects': ['shape resultTruncated'] },
    ],
    [
      'header: no id of the request',
      where(page, () => ({ without: ['request-id'] })),
      { 'graph.users.page': ['header request-id'] },
    ],
    [
      'header: another id than the one that was sent',
      where(at('/providers/Microsoft.Storage?api-version=2021-04-01'), () => ({
        headers: { 'x-ms-correlation-request-id': '00000000-0000-4000-8000-00000000beef' },
      })),
      { 'arm.provider': ['header x-ms-correlation-request-id'] },
    ],
    [
      'throttle: no cost in resource units',
      where(at('/v1.0/users?$top=1&$select=id'), () => ({ without: ['x-ms-resource-unit'] })),
      { 'graph.users.units': ['throttle x-ms-resource-unit'] },
    ],
    [
      'throttle: a request costs more than the planner reserves for it',
      where(at('/v1.0/users?$top=1&$select=id'), () => ({ headers: { 'x-ms-resource-unit': '2' } })),
      { 'graph.users.units': ['throttle x-ms-resource-unit'] },
    ],
    [
      'throttle: a filter costs more than the planner reserves for it',
      where(
        (address, request) => address.includes('companyName eq') && !isPlain(request),
        () => ({ headers: { 'x-ms-resource-unit': '7' } }),
      ),
      { 'graph.advanced.user-property': ['throttle x-ms-resource-unit'] },
    ],
    [
      'throttle: what is left is no number',
      where(at('/resourcegroups?$top=1&api-version=2021-04-01'), () => ({
        headers: { 'x-ms-ratelimit-remaining-subscription-reads': 'many' },
      })),
      { 'arm.groups': ['throttle x-ms-ratelimit-remaining-subscription-reads'] },
    ],
    [
      'throttle: a delay of another form',
      where(at('/_apis/projects?$top=5&api-version=7.1'), () => ({ headers: { 'x-ratelimit-delay': 'a while' } })),
      { 'devops.projects': ['throttle x-ratelimit-delay'] },
    ],
    [
      'code: a known one that is another',
      where((address) => address.includes('/v1.0/users/5e1fc8ec-'), refusal(404, 'itemNotFound')),
      { 'graph.refuses.unknown-id': ['code error code'] },
    ],
    [
      'code: another status',
      where((address) => address.includes('$select=aboutMe'), refusal(400, 'NotImplemented')),
      { 'graph.refuses.mailbox-property': ['code status'] },
    ],
    [
      'code: a wrong request is answered',
      where(at('/connectionData?api-version=7.1'), () => ({ status: 200, body: '{}' })),
      { 'devops.refuses.preview': ['code status'] },
    ],
    [
      'paging: a relative link',
      where(
        page,
        json((body) => {
          body['@odata.nextLink'] = body['@odata.nextLink'].replace(/^https:\/\/[^/]+/, '');
        }),
      ),
      { 'graph.users.page': ['shape @odata.nextLink', 'paging next page'] },
    ],
    [
      'paging: a link to another host',
      where(
        page,
        json((body) => {
          body['@odata.nextLink'] = 'https://evil.example/v1.0/users?$skiptoken=x';
        }),
      ),
      { 'graph.users.page': ['paging next page'] },
    ],
    [
      'paging: a link without its api-version',
      where(
        at('/resourcegroups?$top=1&api-version=2021-04-01'),
        json((body) => {
          body.nextLink = body.nextLink.replace(/&?api-version=2021-04-01/, '');
        }),
      ),
      { 'arm.groups': ['paging next page'], 'arm.groups.next-page': ['paging status'] },
    ],
    [
      'paging: more items than asked for',
      where(
        page,
        json(({ value }) => {
          value.push(value[0]);
        }),
      ),
      { 'graph.users.page': ['paging items of the page'] },
    ],
    [
      'paging: a page that is too large is taken',
      where((address) => address.includes('$top=1000'), emptyList),
      { 'graph.top.1000': ['paging status'] },
    ],
    [
      'advanced: a query is answered without ConsistencyLevel',
      where((address, request) => address.includes('companyName eq') && isPlain(request), emptyList),
      { 'graph.advanced.user-property.plain': ['advanced status'] },
    ],
    [
      'advanced: a query is refused with ConsistencyLevel',
      where(
        (address, request) => address.includes('startsWith(description') && !isPlain(request),
        refusal(400, 'Request_UnsupportedQuery'),
      ),
      { 'graph.advanced.group-property': ['advanced status'] },
    ],
    [
      'advanced: a count is given although it was asked for without ConsistencyLevel',
      where(
        at('/v1.0/users?$select=id&$top=1&$count=true'),
        json((body) => {
          body['@odata.count'] = 240;
        }),
      ),
      { 'graph.advanced.count-option.plain': ['advanced @odata.count'] },
    ],
    [
      'advanced: no count, although it was asked for',
      where(
        (address) => address.includes('endsWith') && address.includes('$count'),
        json((body) => {
          delete body['@odata.count'];
        }),
      ),
      { 'graph.advanced.ends-with': ['advanced @odata.count'] },
    ],
  ];

test.each(planted)('%s', async (_, plant, found) => {
  const isGraph = Object.keys(found).every((id) => id.startsWith('graph.'));
  expect(differencesOf(await checkWith(plant, isGraph ? directory : whole))).toEqual(found);
});

test('a difference says what was assumed and what was seen, in words', async () => {
  const plant = where(
    page,
    items((user) => {
      user.displayName = 7;
    }),
  );
  const { checks } = await checkWith(plant, directory);
  expect(checks.find(({ id }) => id === 'graph.users.page')?.differences).toEqual([
    { about: 'shape', what: 'value[].displayName', assumed: 'string or null', seen: 'number' },
  ]);
});

test('a cost that is another is said, as far as it is small', async () => {
  const costs = (units: string) =>
    checkWith(
      where(at('/subscribedSkus'), () => ({ headers: { 'x-ms-resource-unit': units } })),
      directory,
    );
  const seen = async (units: string) =>
    (await costs(units)).checks.find(({ id }) => id === 'graph.skus')?.differences?.map((one) => one.seen);
  expect(await seen('4')).toEqual(['4']);
  expect(await seen('150')).toEqual(['another text']);
});

test('a code that nobody knows is not repeated', async () => {
  const plant = where((address) => address.includes('/v1.0/users/5e1fc8ec-'), refusal(404, 'Contoso_Refused'));
  const report = await checkWith(plant, directory);
  const found = report.checks.find(({ id }) => id === 'graph.refuses.unknown-id');
  expect(found?.differences).toEqual([
    { about: 'code', what: 'error code', assumed: 'Request_ResourceNotFound', seen: 'an unknown code' },
  ]);
  expect(JSON.stringify(report)).not.toContain('Contoso');
});
