import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createArmDescriptor } from '../../../src/core/apis/arm/arm-descriptor.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { testCall } from '../../support/call.ts';
import { type ArmFixture, openArm } from '../apis/arm/arm-fixture.ts';
import {
  type AutorestServer,
  describedOperations,
  newerRoutes,
  type ScenarioClient,
  serverRoutes,
  startAutorestServer,
  withCookies,
} from './autorest-server.ts';
import { renderCoverage } from './coverage-page.ts';
import { type LroScenario, lroScenarios } from './lro-scenarios.ts';
import { operationsLeftOut, pagingScenarios, routesLeftOut } from './paging-scenarios.ts';
import { retryScenarios } from './retry-scenarios.ts';

let server: AutorestServer;
let scenarios: ScenarioClient;
let fixture: ArmFixture;
const transport = createDefaultHttpClient();

/** The server's versions are no dates. */
const versionless = createArmDescriptor();
const descriptor = { ...versionless, versioning: { ...versionless.versioning, pattern: /^1\.0\.0$/ } };
const apiVersion = '1.0.0';

beforeAll(async () => {
  server = await startAutorestServer();
  scenarios = withCookies(transport);
  fixture = openArm({
    httpClient: scenarios,
    url: server.url,
    descriptor,
    settings: { retry: { backoff_base: 0, jitter: 0 } },
    firstWaitMs: 1,
  });
});

afterAll(async () => {
  transport.close();
  await server.close();
});

beforeEach(() => scenarios.forget());

function requestOf({ operation, idempotent = false }: LroScenario) {
  const [method = '', path = ''] = operation.split(' ');
  const known = (['PUT', 'POST', 'PATCH', 'DELETE'] as const).find((one) => one === method);
  if (known === undefined) throw new Error(`${operation} is no write.`);
  return { method: known, path, apiVersion, ...(known === 'DELETE' ? {} : { body: {} }), idempotent };
}

/** Sends the write and follows it to its end. */
async function run(scenario: LroScenario) {
  const call = testCall();
  try {
    const { response, operation } = await fixture.arm.write(requestOf(scenario), call);
    if (operation === undefined) return { ends: 'done', result: response.body };
    const { status, result, error } = await fixture.operations.follow(operation, call);
    return { ends: status, result, code: error?.code };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ends: 'error', code: error.code };
  }
}

describe('long-running operations', () => {
  it.each(lroScenarios)('$operation ends as $ending.ends', async (scenario) => {
    const ending = await run(scenario);
    expect(ending).toMatchObject(scenario.ending);
  });

  it('a POST that failed with 500 is not sent again by itself: whether it ran is not known', async () => {
    const ending = await run({ operation: 'POST /lro/retryerror/post/202/retry/200', ending: { ends: 'done' } });
    expect(ending).toEqual({ ends: 'error', code: 'outcome_unknown' });
  });
});

interface Item {
  readonly properties: { readonly id: number };
}

async function pagesOf(path: string) {
  const pages: number[][] = [];
  try {
    for await (const { items } of fixture.arm.pages({ method: 'GET', path, apiVersion }, {}, testCall())) {
      pages.push((items as readonly Item[]).map(({ properties }) => properties.id));
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { pages, error: error.code };
  }
  return { pages };
}

describe('lists', () => {
  it.each(pagingScenarios)('$operation', async ({ path, pages, error }) => {
    expect(await pagesOf(path)).toEqual({ pages, ...(error === undefined ? {} : { error }) });
  });

  it('POST /paging/multiple/lro ends with the first page of a list, which goes on', async () => {
    const call = testCall();
    const request = { method: 'POST', path: '/paging/multiple/lro', apiVersion, body: {} } as const;
    const { operation } = await fixture.arm.write(request, call);
    if (operation === undefined) throw new Error('It is no operation.');
    const { status, result } = await fixture.operations.follow(operation, call);
    expect(status).toBe('succeeded');
    expect(result).toMatchObject({
      values: [{ properties: { id: 1 } }],
      nextLink: `${server.url}/paging/multiple/page/2`,
    });
    expect((await pagesOf('/paging/multiple/page/2')).pages).toHaveLength(9);
  });
});

describe('requests that fail once', () => {
  it.each(retryScenarios)('$operation', async ({ method, path, idempotent = false }) => {
    const response = await fixture.client.send({ method, path, apiVersion, idempotent }, testCall());
    expect(response.status).toBe(200);
  });
});

describe('coverage', () => {
  const run = [
    ...lroScenarios.map(({ operation }) => operation),
    ...pagingScenarios.map(({ operation }) => operation),
    'POST /paging/multiple/lro',
    ...retryScenarios.map(({ operation }) => operation),
  ];

  it('every described operation is run or left out for a reason', async () => {
    const described = [
      ...(await describedOperations('paging.json')),
      ...(await describedOperations('custom-baseUrl-paging.json')),
      ...(await describedOperations('lro.json')),
      ...(await describedOperations('lro-parameterized-endpoints.json')),
      ...(await describedOperations('httpInfrastructure.json', '/http/retry/')),
    ].map((operation) => operation.replace('{constantParameter}', 'iAmConstant').replace(/\?.*$/, ''));
    const partial = described.filter((operation) => operation === 'GET /paging/customurl/{nextLink}');
    const listed = new Set([...run, ...Object.keys(operationsLeftOut), ...partial]);
    expect(described.filter((operation) => !listed.has(operation))).toEqual([]);
    expect(Object.keys(operationsLeftOut).filter((operation) => !described.includes(operation))).toEqual([]);
  });

  it('every route of the server was called, or is left out for a reason', async () => {
    const routes = [...serverRoutes(), ...(await newerRoutes())];
    const called = new Set(scenarios.called);
    const uncalled = routes.filter((route) => ![...called].some((one) => route.matches(one))).map(({ name }) => name);
    const belongsToLeftOut = (name: string) =>
      Object.keys(operationsLeftOut).some((operation) => {
        const path = operation
          .slice(operation.indexOf(' ') + 1)
          .replace('{tenant}', ':tenant')
          .replace(/\/1$/, '/:pagenumber');
        return name.slice(name.indexOf(' ') + 1).startsWith(path);
      }) || name.startsWith('GET /lro/customheader/');
    expect(uncalled.filter((name) => !belongsToLeftOut(name) && routesLeftOut[name] === undefined)).toEqual([]);
    expect(Object.keys(routesLeftOut).filter((name) => !uncalled.includes(name))).toEqual([]);
  });

  it('docs/autorest-coverage.md lists what is run and what is not', async () => {
    await expect(renderCoverage()).toMatchFileSnapshot('../../../docs/autorest-coverage.md');
  });
});
