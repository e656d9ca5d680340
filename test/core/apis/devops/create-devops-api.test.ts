import { describe, expect, test } from 'vitest';
import type { DevOpsRequest, DevOpsScope } from '../../../../src/core/apis/devops/devops-api.ts';
import { builtInClouds } from '../../../../src/core/base/clouds.ts';
import { testCall } from '../../../support/call.ts';
import { armService as scriptedService } from '../arm/arm-service.ts';
import { openDevOps } from './devops-fixture.ts';

const endpoints = '/_apis/serviceendpoint/endpoints';

function read(scope: DevOpsScope = { project: 'apollo' }): DevOpsRequest {
  return { method: 'GET', path: endpoints, scope };
}

test('a request carries version, token and what asks for JSON, and brings the id of the service home', async () => {
  const service = scriptedService(() => ({
    status: 200,
    headers: { activityid: 'a-1' },
    body: { count: 0, value: [] },
  }));
  const { devops, tokenRequests } = openDevOps({ httpClient: service });
  const call = testCall();
  const { requestId } = await devops.send(read(), call);
  expect(service.seen()).toEqual(['GET /contoso/apollo/_apis/serviceendpoint/endpoints?api-version=7.1']);
  expect(service.arrived[0]?.headers).toMatchObject({
    accept: 'application/json',
    'x-tfs-fedauthredirect': 'Suppress',
    'x-tfs-session': call.clientRequestId,
    authorization: expect.stringMatching(/^Bearer eyJ/),
  });
  expect(service.arrived[0]?.headers).not.toHaveProperty('client-request-id');
  expect([requestId, call.record.requestId]).toEqual(['a-1', 'a-1']);
  expect(tokenRequests[0]?.audience).toBe('499b84ac-1321-427f-aa17-267ca6975798');
});

test.each(['7.1', '7.1-preview.1', '7.2-preview', '7.2-preview.4'])('version %s goes out as it is', async (version) => {
  const service = scriptedService(() => ({ status: 200, body: {} }));
  await openDevOps({ httpClient: service }).devops.send({ ...read(), apiVersion: version }, testCall());
  expect(service.arrived[0]?.url.searchParams.getAll('api-version')).toEqual([version]);
});

test.each(['2024-04-01', 'latest', '7.1;x', '7.1&a=b'])('version %s is refused', async (version) => {
  const service = scriptedService(() => ({ status: 200, body: {} }));
  const { devops } = openDevOps({ httpClient: service });
  await expect(devops.send({ ...read(), apiVersion: version }, testCall())).rejects.toMatchObject({
    code: 'invalid_argument',
    hint: expect.stringContaining('7.1'),
  });
  expect(service.arrived).toEqual([]);
});

describe('the organization', () => {
  const open = (organization?: string, root?: string) =>
    openDevOps({
      httpClient: scriptedService(() => ({ status: 200, body: {} })),
      record: { identity: organization === undefined ? {} : { organization } },
      ...(root === undefined ? {} : { root }),
    }).devops;

  test('is the one of the call, otherwise that of the connection', () => {
    expect(open('contoso').organizationOf({})).toBe('contoso');
    expect(open('contoso').organizationOf({ organization: 'fabrikam' })).toBe('fabrikam');
  });

  test('is nowhere in a cloud without Azure DevOps', async () => {
    const devops = open('contoso', 'https://devops.invalid');
    const failure = { code: 'configuration', hint: expect.stringContaining('tenantry.yaml') };
    await expect(devops.send(read(), testCall())).rejects.toMatchObject(failure);
  });

  test.each(['usgov', 'usdod', 'china'])(
    'is nowhere in the built-in cloud %s, and no host is made up for it',
    (cloud) => {
      expect(builtInClouds[cloud]?.devops).toBe('https://devops.invalid');
      const { devops } = openDevOps({
        httpClient: scriptedService(() => ({ status: 200, body: {} })),
        record: { cloud, identity: { organization: 'contoso' } },
        root: 'https://devops.invalid',
      });
      const hint = expect.stringMatching(/public cloud only.*environment.*tenantry\.yaml/);
      expect(() => devops.organizationOf({})).toThrow(expect.objectContaining({ code: 'configuration', hint }));
    },
  );

  test('must be named by one of them', async () => {
    const failure = { code: 'configuration', hint: expect.stringContaining('complete_connection') };
    expect(() => open().organizationOf({})).toThrow(expect.objectContaining(failure));
    await expect(open().send(read(), testCall())).rejects.toMatchObject(failure);
  });

  test.each([
    ['https://dev.azure.com/fabrikam', 'fabrikam'],
    ['https://dev.azure.com/fabrikam/', 'fabrikam'],
    [' HTTPS://DEV.AZURE.COM/Fabrikam ', 'Fabrikam'],
    ['https://fabrikam.visualstudio.com', 'fabrikam'],
    ['https://fabrikam.visualstudio.com/', 'fabrikam'],
    ['a', 'a'],
    ['a'.repeat(50), 'a'.repeat(50)],
  ])('%s is %s', (given, name) => {
    expect(open('contoso').organizationOf({ organization: given })).toBe(name);
  });

  test.each([
    '',
    ' ',
    '.',
    '..',
    '-a',
    'a-',
    'a b',
    'a/b',
    'a%2fb',
    'ä',
    'a'.repeat(51),
    'contoso?x=1',
    'https://dev.azure.com',
    'https://dev.azure.com/',
    'https://dev.azure.com/a/b',
    'https://dev.azure.com/a?x=1',
    'https://dev.azure.com/a#x',
    'https://dev.azure.com/../b/..',
    'http://dev.azure.com/a',
    'https://user@dev.azure.com/a',
    'https://dev.azure.com.evil.example/a',
    'https://dev.azure.com:8443/a',
    'https://evil.example/a',
    'https://a.visualstudio.com/b',
    'https://a.visualstudio.com:8443',
    'https://a.b.visualstudio.com',
    'http://a.visualstudio.com',
    'https://a.visualstudio.com.evil.example',
  ])('%j is refused', (organization) => {
    const failure = { code: 'invalid_argument', hint: expect.stringContaining('dev.azure.com/{organization}') };
    expect(() => open('contoso').organizationOf({ organization })).toThrow(expect.objectContaining(failure));
  });

  test('an address of another cloud is refused, and one of the own cloud is taken', () => {
    const devops = open('contoso', 'http://127.0.0.1:8080/devops');
    expect(devops.organizationOf({ organization: 'http://127.0.0.1:8080/devops/fabrikam' })).toBe('fabrikam');
    for (const organization of ['https://dev.azure.com/a', 'https://a.visualstudio.com', 'http://127.0.0.1:8080/a']) {
      expect(() => devops.organizationOf({ organization })).toThrow(/not that of an organization/);
    }
  });
});

describe('the project', () => {
  test.each([
    ['apollo', '/contoso/apollo'],
    ['Apollo 11', '/contoso/Apollo%2011'],
    ['Größe.Süd', '/contoso/Gr%C3%B6%C3%9Fe.S%C3%BCd'],
    ['日本 (neu)!', '/contoso/%E6%97%A5%E6%9C%AC%20%28neu%29%21'],
    ['_apis', '/contoso/_apis'],
    ['00000000-0000-4000-8000-0000000000d1', '/contoso/00000000-0000-4000-8000-0000000000d1'],
  ])('%s is one segment of the address', async (project, path) => {
    const service = scriptedService(() => ({ status: 200, body: {} }));
    await openDevOps({ httpClient: service }).devops.send(read({ project }), testCall());
    expect(service.seen()).toEqual([`GET ${path}${endpoints}?api-version=7.1`]);
  });

  test.each([
    '',
    ' ',
    '.',
    '..',
    'a/b',
    '../b',
    'a\\b',
    'a%2f..',
    '%2e%2e',
    'a?b',
    'a#b',
    'a&b',
    'a:b',
    'a\nb',
    'a\u0000',
    'a\ud800',
    'x'.repeat(65),
  ])('%j is refused before anything is sent', async (project) => {
    const service = scriptedService(() => ({ status: 200, body: {} }));
    await expect(openDevOps({ httpClient: service }).devops.send(read({ project }), testCall())).rejects.toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('project'),
    });
    expect(service.arrived).toEqual([]);
  });

  test.each(['', '/', 'x', '//evil.example/x', '/_apis/../x', '/_apis/a%2f..%2fb', 'https://evil.example/_apis/x'])(
    'route %j is refused',
    async (path) => {
      const service = scriptedService(() => ({ status: 200, body: {} }));
      const { devops } = openDevOps({ httpClient: service });
      await expect(devops.send({ ...read(), path }, testCall())).rejects.toMatchObject({ code: 'invalid_argument' });
      expect(service.arrived).toEqual([]);
    },
  );
});

describe('pages', () => {
  async function collect(answer: (index: number) => { headers?: Record<string, string>; body: unknown }) {
    const service = scriptedService((_, index) => ({ status: 200, ...answer(index) }));
    const { devops } = openDevOps({ httpClient: service });
    const items: unknown[] = [];
    const request: DevOpsRequest = { ...read(), params: { type: 'azurerm' } };
    for await (const page of devops.pages(request, {}, testCall())) items.push(...page.items);
    return { items, service };
  }

  test('follow the token in the header until there is none', async () => {
    const answers = [
      { headers: { 'X-MS-ContinuationToken': 'a b&c=ü' }, body: { count: 1, value: [1] } },
      { headers: { 'x-ms-continuationtoken': '2' }, body: { count: 0, value: [] } },
      { headers: { 'x-ms-continuationtoken': '' }, body: { count: 1, value: [3] } },
    ];
    const { items, service } = await collect((index) => answers[index] ?? { body: {} });
    expect(items).toEqual([1, 3]);
    const tokens = service.arrived.map(({ url }) => url.searchParams.getAll('continuationToken'));
    expect(tokens).toEqual([[], ['a b&c=ü'], ['2']]);
    for (const { url } of service.arrived) {
      expect([url.searchParams.get('type'), url.searchParams.get('api-version')]).toEqual(['azurerm', '7.1']);
    }
  });

  test('a list without the wrapper is a list', async () => {
    expect((await collect(() => ({ body: [1, 2] }))).items).toEqual([1, 2]);
  });

  test('null and an object are none', async () => {
    for (const body of ['null', { id: 'x' }, { value: {} }]) {
      await expect(collect(() => ({ body }))).rejects.toThrow('not a list');
    }
  });

  test('the same token again is an error instead of a loop', async () => {
    const answer = () => ({ headers: { 'x-ms-continuationtoken': 'same' }, body: { value: [1] } });
    await expect(collect(answer)).rejects.toMatchObject({ code: 'upstream_error' });
  });

  test('end with the first page that reaches the limit', async () => {
    const service = scriptedService((_, index) => ({
      status: 200,
      headers: { 'x-ms-continuationtoken': String(index) },
      body: { value: [1, 2] },
    }));
    const { devops } = openDevOps({ httpClient: service });
    const pages = [];
    for await (const page of devops.pages(read(), { maxItems: 4 }, testCall())) pages.push(page.items.length);
    expect(pages).toEqual([2, 2]);
    expect(service.arrived).toHaveLength(2);
  });
});

describe('a personal access token', () => {
  const pat = 'a2b3c4d5'.repeat(6).concat('abcd');
  const record = { auth_type: 'bearer' } as const;

  test('is sent as the password of nobody', async () => {
    const service = scriptedService(() => ({ status: 200, body: {} }));
    await openDevOps({ httpClient: service, token: pat, record }).devops.send(read(), testCall());
    const sent = service.arrived[0]?.authorization ?? '';
    expect(sent).toBe(`Basic ${Buffer.from(`:${pat}`).toString('base64')}`);
  });

  test('a token of Entra is sent as such by a bearer connection too', async () => {
    const service = scriptedService(() => ({ status: 200, body: {} }));
    await openDevOps({ httpClient: service, record }).devops.send(read(), testCall());
    expect(service.arrived[0]?.authorization).toMatch(/^Bearer eyJ/);
  });

  test('is not sent to another host', async () => {
    const service = scriptedService(({ url }) =>
      url.host === 'dev.azure.com'
        ? { status: 302, headers: { location: 'https://files.example/x' } }
        : { status: 200, body: {} },
    );
    await openDevOps({ httpClient: service, token: pat, record }).devops.send(read(), testCall());
    expect(service.arrived.map(({ authorization }) => authorization?.slice(0, 5))).toEqual(['Basic', undefined]);
  });
});
