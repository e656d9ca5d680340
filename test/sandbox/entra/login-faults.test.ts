import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../../src/sandbox/sandbox.ts';
import { passTime } from '../../support/pass-time.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ users: 5, frozenClock: true });
  // What takes real time (loading the identity library and the authority's keys) is done, and the token has expired.
  await tools.call('graph_query', { endpoint: '/organization' });
  tools.sandbox.advance(2 * 3600);
  tools.forget();
});

afterEach(async () => {
  vi.useRealTimers();
  await tools.close();
});

/** A query whose sign-in encounters the fault, and the statuses from the token endpoint. */
async function queryThrough(fault: Fault) {
  tools.sandbox.fault({ service: 'login', match: 'POST /*/oauth2/v2.0/token', ...fault });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const answer = await passTime(tools.call('graph_query', { endpoint: '/organization' }));
  vi.useRealTimers();
  const asked = tools.seen().filter(({ url }) => url.includes('/oauth2/v2.0/token'));
  return { ...answer.response, asked: asked.map(({ status }) => status) };
}

const loop = {
  error: 'invalid_grant',
  error_description: 'AADSTS50196: The server terminated an operation because it encountered a client request loop.',
  error_codes: [50196],
};

describe('trouble of the token endpoint that passes', () => {
  test.each<[string, Fault, number]>([
    ['a 429 with a short wait', { status: 429, retry_after: 2 }, 429],
    ['a 503', { status: 503 }, 503],
    ['a 500', { status: 500 }, 500],
    ['a page of a gateway', { status: 502, body: '<html><title>Bad gateway</title></html>' }, 502],
    ['a loop that was detected', { status: 400, body: loop }, 400],
  ])('%s is met once and passed over', async (_what, fault, status) => {
    expect(await queryThrough(fault)).toMatchObject({ success: true, asked: [status, 200] });
  });

  test('trouble of the discovery before it is passed over as well', async () => {
    tools.sandbox.fault({ service: 'login', match: 'GET *openid-configuration', status: 503 });
    expect(await queryThrough({ status: 503 })).toMatchObject({ success: true, asked: [503, 200] });
  });

  test('a connection that breaks is tried again', async () => {
    expect(await queryThrough({ reset: 'before' })).toMatchObject({ success: true });
  });
});

describe('trouble that stays', () => {
  test('a long wait is told, not waited for', async () => {
    expect(await queryThrough({ status: 429, retry_after: 120, times: 9 })).toMatchObject({
      success: false,
      asked: [429],
      error: { code: 'throttled', retry_after_seconds: 120 },
    });
  });

  test.each<[string, Fault, string]>([
    ['a loop', { status: 400, body: loop }, 'throttled'],
    ['a 503', { status: 503 }, 'upstream_unavailable'],
    ['a page', { status: 503, body: '<html><title>Down</title></html>' }, 'upstream_unavailable'],
  ])('%s ends as what it is, after three tries', async (_what, fault, code) => {
    expect(await queryThrough({ ...fault, times: 9 })).toMatchObject({
      success: false,
      asked: [fault.status, fault.status, fault.status],
      error: { code },
    });
  });

  test('a page instead of a token is no token', async () => {
    const answer = await queryThrough({ status: 200, body: '<html>Sign in</html>', times: 9 });
    expect(answer).toMatchObject({ success: false, error: { code: 'upstream_unavailable' } });
    expect(tools.graphRequests()).toEqual([]);
  });
});
