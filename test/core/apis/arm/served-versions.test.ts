import { describe, expect, test } from 'vitest';
import { createVersionCache } from '../../../../src/core/apis/arm/api-versions.ts';
import { nearestServed } from '../../../../src/core/apis/arm/served-versions.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import { testCall } from '../../../support/call.ts';
import { openArm, subscriptionId } from './arm-fixture.ts';
import { type ArrivedRequest, armService } from './arm-service.ts';

const account = `/subscriptions/${subscriptionId}/resourceGroups/core/providers/Microsoft.Storage/storageAccounts/data`;
const published = {
  namespace: 'Microsoft.Storage',
  resourceTypes: [{ resourceType: 'storageAccounts', apiVersions: ['2026-04-01', '2025-01-01', '2024-01-01'] }],
};

/** A cloud that serves less than is published. */
function lagging(served: readonly string[], body: unknown = { id: account }) {
  return armService(({ url }: ArrivedRequest) => {
    if (/\/providers\/microsoft\.storage$/i.test(url.pathname)) return { status: 200, body: published };
    const version = url.searchParams.get('api-version') ?? '';
    if (served.includes(version)) return { status: 200, body };
    const message = `No registered resource provider found for location 'local' and API version '${version}' for type 'storageAccounts'. The supported api-versions are '${served.join(', ')}'. The supported locations are 'local'.`;
    return { status: 400, body: { error: { code: 'NoRegisteredProviderFound', message } } };
  });
}

const versionsOf = (service: ReturnType<typeof lagging>) =>
  service.arrived
    .filter(({ url }) => url.pathname.includes('/storageAccounts'))
    .map(({ url }) => url.searchParams.get('api-version'));

describe('a version that we chose and that this cloud does not serve', () => {
  test('gives way to the newest served one before it, with a note, and is not chosen again', async () => {
    const service = lagging(['2019-06-01', '2025-01-01', '2026-05-01-preview']);
    const cache = createVersionCache();
    const call = testCall();
    await openArm({ httpClient: service, cache }).arm.send({ method: 'GET', path: account }, call);
    expect(call.record.notes).toContain(
      'This cloud does not serve api-version 2026-04-01 here: 2025-01-01 was used instead.',
    );
    await openArm({ httpClient: service, cache }).arm.send({ method: 'GET', path: account }, testCall());
    expect(versionsOf(service)).toEqual(['2026-04-01', '2025-01-01', '2025-01-01']);
  });

  test('gives way in writes too: the refusal has done nothing', async () => {
    const service = lagging(['2025-01-01']);
    const { arm } = openArm({ httpClient: service });
    await arm.write({ method: 'PATCH', path: account, body: { tags: {} } }, testCall());
    expect(versionsOf(service)).toEqual(['2026-04-01', '2025-01-01']);
  });

  test('gives way in lists, whose links keep the version of the service', async () => {
    const service = lagging(['2025-01-01'], { value: [{ id: '/a' }] });
    const { arm } = openArm({ httpClient: service });
    const pages = [];
    const path = account.replace(/\/data$/, '');
    for await (const page of arm.pages({ method: 'GET', path }, {}, testCall())) pages.push(...page.items);
    expect(pages).toEqual([{ id: '/a' }]);
  });

  test('is said to be ours when nothing else is served', async () => {
    const { arm } = openArm({ httpClient: lagging([]) });
    await expect(arm.send({ method: 'GET', path: account }, testCall())).rejects.toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringMatching(/^Tenantry chose api-version 2026-04-01, /),
    });
  });
});

describe('a version that a part of ours is written for', () => {
  const request = (method: 'GET' | 'PUT'): ApiRequest => ({
    method,
    path: account,
    apiVersion: '2024-04-01',
    body: {},
  });

  test('gives way in a read', async () => {
    const service = lagging(['2022-01-01', '2026-01-01']);
    await openArm({ httpClient: service }).arm.send(request('GET'), testCall());
    expect(versionsOf(service)).toEqual(['2024-04-01', '2022-01-01']);
  });

  test('does not in a write, whose body has its form; the hint says whose choice it was', async () => {
    const service = lagging(['2022-01-01']);
    await expect(openArm({ httpClient: service }).arm.send(request('PUT'), testCall())).rejects.toMatchObject({
      hint: expect.stringMatching(/Tenantry chose api-version 2024-04-01.*one of 2022-01-01/),
    });
    expect(service.arrived).toHaveLength(1);
  });
});

describe('a refusal of something inside the body', () => {
  const inner = (code: string) =>
    armService(({ url }: ArrivedRequest) => {
      if (/\/providers\/microsoft\.storage$/i.test(url.pathname)) return { status: 200, body: published };
      const message =
        "No registered resource provider found for location 'local' and API version '2019-01-01' for type 'foos'. The supported api-versions are '2024-01-01, 2025-01-01'.";
      return { status: 400, body: { error: { code, message } } };
    });

  test.each(['NoRegisteredProviderFound', 'InvalidTemplateDeployment'])(
    'is not one of our version: nothing goes out twice, nothing is remembered, nobody is told it was our choice (%s)',
    async (code) => {
      const service = inner(code);
      const cache = createVersionCache();
      const call = testCall();
      const { arm } = openArm({ httpClient: service, cache });
      const write: ApiRequest = { method: 'PUT', path: account, body: { resources: [] } };
      const failure = await arm.write(write, call).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('foos') });
      expect(failure).not.toMatchObject({ hint: expect.stringContaining('Tenantry chose') });
      expect(versionsOf(service)).toEqual(['2026-04-01']);
      expect(call.record.notes.join()).not.toContain('does not serve');
      await arm.send({ method: 'GET', path: account }, testCall()).catch(() => undefined);
      expect(versionsOf(service)).toEqual(['2026-04-01', '2026-04-01']);
    },
  );
});

test('a version that the caller named is theirs: nothing else is tried', async () => {
  const service = lagging(['2025-01-01']);
  const asked = { method: 'GET', path: account, apiVersion: '2030-01-01', versionIsAsked: true } as const;
  await expect(openArm({ httpClient: service }).arm.send(asked, testCall())).rejects.toMatchObject({
    hint: expect.stringContaining('Leave api_version out'),
  });
  const inParams = { method: 'GET', path: account, params: { 'api-version': '2030-01-01' } } as const;
  await expect(openArm({ httpClient: service }).arm.send(inParams, testCall())).rejects.toMatchObject({
    hint: expect.stringContaining('Leave api_version out'),
  });
  expect(service.arrived).toHaveLength(2);
});

test.each([
  ['2024-04-01', ['2023-01-01', '2025-01-01'], '2023-01-01'],
  ['2024-04-01', ['2025-01-01', '2026-01-01'], '2025-01-01'],
  ['2024-04-01', ['2024-03-01-preview', '2022-01-01'], '2022-01-01'],
  ['2024-04-01', ['2024-03-01-preview'], '2024-03-01-preview'],
  ['2024-04-01', ['2024-04-01'], undefined],
])('instead of %s, of %j, %s', (version, served, wanted) => {
  expect(nearestServed(version, served)).toBe(wanted);
});
