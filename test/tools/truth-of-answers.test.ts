import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRewritingClient, type Rewritten } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

const network = createRewritingClient();
let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true, watch: network.watch });
});

afterAll(async () => {
  await tools.close();
});

beforeEach(() => {
  network.rewrite = undefined;
  tools.forget();
});

const json = { 'content-type': 'application/json' };

/** Answers requests to these addresses in the service's place. */
function answerTo(part: string | RegExp, answer: Rewritten | ((url: string, body: string) => Rewritten | undefined)) {
  network.rewrite = ({ url }, body) => {
    if (typeof part === 'string' ? !url.includes(part) : !part.test(url)) return undefined;
    return typeof answer === 'function' ? answer(url, body) : { headers: json, ...answer };
  };
}

/** A page of a network that wants a sign-in. */
const page = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!DOCTYPE html><title>Sign in</title>',
};
const group = '/subscriptions/{subscription}/resourceGroups/rg-data';

describe('a success that says otherwise is a failure', () => {
  const reads: readonly (readonly [string, string, Readonly<Record<string, unknown>>, string | RegExp])[] = [
    ['a list of Graph', 'graph_query', { endpoint: '/users' }, '/users'],
    ['an object of Graph', 'graph_query', { endpoint: '/users/ada@contoso.example' }, '/users'],
    ['a delta', 'graph_delta', { endpoint: '/users/delta' }, '/users'],
    ['a resource', 'arm_query', { path: group, api_version: '2024-03-01' }, 'rg-data'],
    ['a list of resources', 'arm_query', { path: '/subscriptions', api_version: '2022-12-01' }, '/subscriptions'],
    ['a query', 'resource_graph_query', { query: 'resources' }, 'Microsoft.ResourceGraph'],
  ];
  const forms: readonly (readonly [string, Rewritten, string])[] = [
    ['a page', page, '`text/html'],
    ['a page that is called text', { ...page, headers: { 'content-type': 'text/plain' } }, '`text/plain'],
    ['an error', { status: 200, headers: json, body: '{"error":{"code":"Blocked","message":"No."}}' }, '`No.`'],
  ];
  for (const [what, tool, input, address] of reads) {
    test.each(forms)(`${what}, answered with %s`, async (_, answer, named) => {
      answerTo(address, answer);
      const { isError, response } = await tools.call(tool, input);
      expect(isError).toBe(true);
      expect(response).toMatchObject({ success: false, error: { code: 'upstream_error' } });
      expect(response.error.message).toContain(named);
      expect(response.error.hint).not.toBe('');
    });
  }

  test.each(['', 'Blocked by the policy of this network.'])(
    'a list of Graph, answered with the text "%s"',
    async (body) => {
      answerTo('/users', { body, headers: { 'content-type': 'text/plain' } });
      const { response } = await tools.call('graph_query', { endpoint: '/users' });
      expect(response.error).toMatchObject({ code: 'upstream_error', hint: expect.stringContaining('proxy') });
    },
  );

  test('a write, whose outcome nobody knows then', async () => {
    answerTo('/groups', page);
    const body = { displayName: 'Truth', mailNickname: 'truth', mailEnabled: false, securityEnabled: true };
    const { response } = await tools.call('graph_write', { requests: [{ method: 'POST', endpoint: '/groups', body }] });
    expect(response.error).toMatchObject({ code: 'outcome_unknown', message: expect.stringContaining('text/html') });
  });

  test.each(['Failed', 'Canceled'])('a what-if that ends as %s', async (status) => {
    const error = { code: 'InvalidTemplateDeployment', message: 'The template is not valid: policy.' };
    answerTo('whatIf', { status: 200, body: JSON.stringify({ status, error, properties: { changes: [] } }) });
    const { isError, response } = await tools.call('arm_write', {
      method: 'PUT',
      path: `${group}/providers/Microsoft.Resources/deployments/web`,
      body: { properties: { mode: 'Incremental', template: { resources: [] } } },
      dry_run: true,
    });
    expect(isError).toBe(true);
    expect(response.error).toMatchObject({ message: expect.stringContaining('`The template is not valid: policy.`') });
  });

  test.each([
    ['a page', page],
    ['nothing', { status: 200, headers: json, body: '' }],
  ])('a sign-in, answered with %s', async (_, answer) => {
    const other = await openSandboxTools({ frozenClock: true, watch: network.watch });
    try {
      answerTo('/oauth2/', answer);
      const { response } = await other.call('graph_query', { endpoint: '/users' });
      expect(response.success).toBe(false);
      expect(response.error.message).not.toContain('nexpected');
      expect(response.error.hint).not.toBe('');
    } finally {
      await other.close();
    }
  });

  test.each(['{"value":[{"id":1}]}', '{}', '[]', '"x"'])(
    'what licences are planned from, answered with %s',
    async (body) => {
      answerTo(/\/users|subscribedSkus/, { status: 200, body });
      const { response } = await tools.call('assign_license', {
        user: 'ada@contoso.example',
        add: [{ sku: 'SPE_E3' }],
      });
      expect(response.error).toMatchObject({
        code: 'upstream_error',
        message: expect.stringContaining('not in the documented form'),
      });
    },
  );

  test('a list with an error beside its items', async () => {
    answerTo('/users', { body: '{"value":[],"error":{"code":"Blocked","message":"No."}}' });
    const { response } = await tools.call('graph_query', { endpoint: '/users' });
    expect(response.error).toMatchObject({ code: 'upstream_error', upstream: { code: 'Blocked' } });
  });

  test('an item of a batch, and no other', async () => {
    answerTo('$batch', (_, body) => {
      const { responses } = JSON.parse(body);
      const item = responses.find(({ id }: { id: string }) => id === '1');
      Object.assign(item, { headers: { 'Content-Type': 'text/html' }, body: page.body });
      return { body: JSON.stringify({ responses }) };
    });
    const requests = [{ url: '/users' }, { url: '/groups?$top=2&$select=id' }];
    const { response } = await tools.call('graph_batch', { requests, continue_on_error: true });
    expect(response.data.responses).toMatchObject([
      { success: false, error: { code: 'upstream_error', message: expect.stringContaining('text/html') } },
      { success: true },
    ]);
  });
});

describe('answers that are meant to be something else than JSON stay whole', () => {
  test.each([
    ['/users/ada@contoso.example/photo/$value', 'image/jpeg', 'JPEG'],
    ["/reports/getOffice365ActiveUserDetail(period='D7')", 'text/csv', 'a,b'],
    ["/reports/getOffice365ActiveUserDetail(period='D7')", 'text/plain', 'a,b'],
    ['/users/ada@contoso.example/messages/1/$value', 'text/plain', 'Subject: x'],
    ['/users/ada@contoso.example/onenote/pages/1/content', 'text/html', '<html><body>Note</body></html>'],
    ['/$metadata', 'application/xml', '<edmx/>'],
    ['/users/ada@contoso.example/drive/items/1/content?format=pdf', 'text/plain', ''],
  ])('%s as %s', async (endpoint, type, body) => {
    answerTo(/./, (url) =>
      url.includes('/token') ? undefined : { status: 200, headers: { 'content-type': type }, body },
    );
    const { response } = await tools.call('graph_query', { endpoint });
    expect(response).toMatchObject({ success: true, status: 200 });
  });

  test('the output of a job below a provider', async () => {
    answerTo('output', { status: 200, headers: { 'content-type': 'text/plain' }, body: 'done' });
    const path = `${group}/providers/Microsoft.Automation/automationAccounts/a/jobs/1/output`;
    const { response } = await tools.call('arm_query', { path, api_version: '2023-11-01' });
    expect(response).toMatchObject({ success: true, data: 'done' });
  });

  test('an operation that failed among its own properties', async () => {
    const body = '{"id":"1","status":"failed","error":{"code":"X","message":"m"}}';
    answerTo('/teams', { status: 200, body });
    const { response } = await tools.call('graph_query', { endpoint: '/teams/1/operations/1' });
    expect(response).toMatchObject({ success: true, data: { status: 'failed' } });
  });
});

describe('lists as services write them', () => {
  test.each([
    ['graph_query', { endpoint: '/users' }, '/users'],
    ['arm_query', { path: '/subscriptions', api_version: '2022-12-01' }, '/subscriptions'],
  ])('%s: no value is an empty list that is complete', async (tool, input, part) => {
    answerTo(part, { body: '{"@odata.context":"c","value":null}' });
    const { response, meta } = await tools.call(tool, input);
    expect(response.data.value).toEqual([]);
    expect(meta.complete).toBe(true);
  });

  test('a query without data is an empty list', async () => {
    answerTo('ResourceGraph', { body: '{"totalRecords":0,"count":0,"data":null,"resultTruncated":"false"}' });
    const { response, meta } = await tools.call('resource_graph_query', { query: 'resources' });
    expect(response.data.value).toEqual([]);
    expect(meta.complete).toBe(true);
  });

  test('a list inside an item that is cut is named as cut, in every part', async () => {
    const list = Array.from({ length: 3_000 }, (_, index) => ({ text: `number ${index}` }));
    answerTo('/users', { status: 200, body: JSON.stringify({ value: ['1', '2'].map((id) => ({ id, list })) }) });
    const query = { endpoint: '/users', params: { $select: 'id,list' } };
    const first = await tools.call('graph_query', query);
    const second = await tools.call('graph_query', { ...query, cursor: first.meta.cursor });
    for (const { response, meta } of [first, second]) {
      expect(response.data.value[0].list.length).toBeLessThan(3_000);
      expect(meta).toMatchObject({ complete: false, count: 1, result: expect.any(String) });
      expect(meta.notes).toContainEqual(expect.stringMatching(/inside an item.*cut.*meta\.result/));
    }
  });

  test('an object whose value is empty is no list', async () => {
    answerTo('namedValues', { status: 200, body: '{"id":"x","name":"n","value":null}' });
    const path = `${group}/providers/Microsoft.ApiManagement/service/a/namedValues/n`;
    const { response } = await tools.call('arm_query', { path, api_version: '2022-08-01' });
    expect(response.data).toEqual({ id: 'x', name: 'n', value: null });
  });

  test.each([
    ['from the root of the service', (link: URL) => `${link.pathname}${link.search}`],
    ['beside the list', (link: URL) => `users${link.search}`],
    ['with nothing but a query', (link: URL) => link.search],
  ])('a link to the next page %s is followed', async (_, relative) => {
    answerTo('/users', (__, body) => {
      const answer = JSON.parse(body);
      const link = answer['@odata.nextLink'];
      if (link === undefined) return undefined;
      return { body: JSON.stringify({ ...answer, '@odata.nextLink': relative(new URL(link)) }) };
    });
    const single = await tools.call('graph_query', { endpoint: '/users?$select=id' });
    expect(single.meta.complete).toBe(true);
    expect(single.response.data.value).toHaveLength(240);
  });

  test('the same inside a batch', async () => {
    answerTo('$batch', (_, body) => {
      const { responses } = JSON.parse(body);
      for (const { body: list } of responses) list['@odata.nextLink'] = new URL(list['@odata.nextLink']).search;
      return { body: JSON.stringify({ responses }) };
    });
    const requests = [{ url: '/users?$select=id' }];
    const { response } = await tools.call('graph_batch', { requests, follow_pages: true });
    expect(response.data.responses[0].body.value).toHaveLength(240);
  });

  test.each([
    '//elsewhere.example/v1.0/users?$skiptoken=1',
    '/v1.0/../../x',
    'javascript:1',
    'https://elsewhere.example/',
  ])('the link %s is not followed', async (link) => {
    answerTo('/users', { body: JSON.stringify({ value: [{ id: '1' }], '@odata.nextLink': link }) });
    const { response } = await tools.call('graph_query', { endpoint: '/users' });
    const hosts = tools.seen().map(({ service }) => service);
    expect(new Set(hosts.filter((one) => one !== 'login'))).toEqual(new Set(['graph']));
    if (!response.success) expect(response.error.code).toBe('upstream_error');
  });
});

describe('numbers and depth', () => {
  const big = '12345678901234567890';
  const shown = new RegExp(`"n":"${big}"`);

  test.each([
    ['graph_query', { endpoint: '/users' }, '/users', `{"value":[{"id":"1","n":${big}}]}`],
    ['graph_query', { endpoint: '/users/1' }, '/users', `{"id":"1","n":${big}}`],
    ['graph_query', { endpoint: '/users', project: 'value[].{n:n}' }, '/users', `{"value":[{"id":"1","n":${big}}]}`],
    ['graph_delta', { endpoint: '/users/delta' }, '/users', `{"value":[{"id":"1","n":${big}}],"@odata.deltaLink":"x"}`],
    [
      'graph_batch',
      { requests: [{ url: '/users/1' }] },
      '$batch',
      `{"responses":[{"id":"1","status":200,"body":{"n":${big}}}]}`,
    ],
    ['arm_query', { path: group, api_version: '2024-03-01' }, 'rg-data', `{"id":"x","properties":{"n":${big}}}`],
    [
      'resource_graph_query',
      { query: 'resources' },
      'ResourceGraph',
      `{"totalRecords":1,"count":1,"data":[{"n":${big}}]}`,
    ],
  ])('%s answers a number beyond 2^53 as text: %j', async (tool, input, part, body) => {
    answerTo(part, { status: 200, body });
    const { text, response } = await tools.call(tool, input);
    expect(response.success).toBe(true);
    expect(text).toMatch(shown);
  });

  test('one that has lost its digits already is not sent', async () => {
    const request = { method: 'POST', endpoint: '/groups', body: { displayName: 'x', size: 2 ** 60 } };
    const { response } = await tools.call('graph_write', { requests: [request] });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('requests[0].body.size'),
      hint: expect.stringContaining('text'),
    });
    expect(tools.graphRequests()).toEqual([]);
  });

  test('a body that is given as text keeps its digits, also in a batch', async () => {
    const body = `{"displayName":"x","n":${big}}`;
    const request = { method: 'POST', endpoint: '/groups', body };
    network.rewrite = ({ body: sent }) => {
      if (typeof sent === 'string' && sent.includes('displayName')) bodies.push(sent);
      return undefined;
    };
    const bodies: string[] = [];
    await tools.call('graph_write', { requests: [request] });
    await tools.call('graph_write', { requests: [request, request], continue_on_error: true });
    expect(bodies).toHaveLength(2);
    for (const sent of bodies) expect(sent).toContain(`"n":${big}`);
  });

  test.each([`-${big}`, big, '-5', '-1.5'])('CSV has %s as it is', async (number) => {
    answerTo('/users', { body: `{"value":[{"id":"1","n":${number}}]}` });
    const { response } = await tools.call('graph_query', { endpoint: '/users', format: 'csv' });
    expect(response.data).toBe(`id,n\n1,${number}\n`);
  });

  test('also in CSV and in a stored result', async () => {
    const items = Array.from({ length: 3_000 }, (_, index) => `{"id":"${index}","n":${big}}`);
    answerTo('/users', { body: `{"value":[${items.join(',')}]}` });
    const csv = await tools.call('graph_query', { endpoint: '/users', format: 'csv' });
    expect(csv.response.data).toContain(`,${big}`);
    const first = await tools.call('graph_query', { endpoint: '/users' });
    const next = await tools.call('graph_query', { endpoint: '/users', cursor: first.meta.cursor });
    expect(next.response.data.value[0].n).toBe(big);
  });

  test.each([
    ['graph_query', { endpoint: '/users' }, '/users'],
    ['graph_query', { endpoint: '/users/1' }, '/users'],
    ['graph_batch', { requests: [{ url: '/users/1' }] }, '$batch'],
    ['arm_query', { path: group, api_version: '2024-03-01' }, 'rg-data'],
  ])('%s says that an answer is nested too deeply', async (tool, input, part) => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    answerTo(part, { status: 200, body: `{"value":[{"id":"1","deep":${deep}}]}` });
    const { response } = await tools.call(tool, input);
    expect(response.error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('levels deep') });
  });
});
