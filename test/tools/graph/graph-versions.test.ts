import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true, users: 30 });
});

afterEach(async () => {
  await tools.close();
});

const envelopes = () =>
  tools
    .seen()
    .filter(({ method, url }) => method === 'POST' && url.endsWith('/$batch'))
    .map(({ url, body }) => [url, (body as { requests: { url: string }[] }).requests.map((item) => item.url)]);

const unit = (name: string) => ({
  method: 'POST',
  endpoint: '/beta/administrativeUnits',
  body: { displayName: name },
});

describe('reads of the beta version', () => {
  test('the items of each version go in an envelope of their own, and answers keep their order', async () => {
    const answer = await tools.call('graph_batch', {
      requests: [
        { url: '/users?$top=1&$select=id' },
        { url: '/beta/groups?$top=1&$select=id' },
        { url: '/v1.0/organization?$select=id' },
      ],
    });
    expect(answer.isError).toBe(false);
    expect(
      answer.response.data.responses.map(({ id, status }: { id: string; status: number }) => [id, status]),
    ).toEqual([
      ['1', 200],
      ['2', 200],
      ['3', 200],
    ]);
    expect(envelopes()).toEqual([
      ['/v1.0/$batch', ['/users?$top=1&$select=id', '/organization?$select=id']],
      ['/beta/$batch', ['/groups?$top=1&$select=id']],
    ]);
  });

  test('api_version is that of every item without its own', async () => {
    const answer = await tools.call('graph_batch', {
      api_version: 'beta',
      requests: [{ url: '/users?$top=1&$select=id' }, { url: '/beta/groups?$top=1&$select=id' }],
    });
    expect(answer.isError).toBe(false);
    expect(envelopes().map(([url]) => url)).toEqual(['/beta/$batch']);
  });

  test('an item that depends on one of another version waits for it', async () => {
    const answer = await tools.call('graph_batch', {
      requests: [
        { id: 'old', url: '/organization?$select=id' },
        { id: 'new', url: '/beta/users?$top=1&$select=id', depends_on: ['old'] },
      ],
    });
    expect(answer.isError).toBe(false);
    expect(envelopes().map(([url]) => url)).toEqual(['/v1.0/$batch', '/beta/$batch']);
  });

  test('two versions at once are refused with what to leave out', async () => {
    const answer = await tools.call('graph_batch', { api_version: 'v1.0', requests: [{ url: '/beta/users' }] });
    expect(answer.response.error).toMatchObject({
      code: 'invalid_argument',
      hint: 'Leave the version out of the address, or leave api_version out.',
    });
    expect(tools.graphRequests()).toEqual([]);
  });
});

describe('writes of the beta version', () => {
  test('one, and several of two versions', async () => {
    const one = await tools.call('graph_write', {
      api_version: 'beta',
      requests: [{ method: 'POST', endpoint: '/administrativeUnits', body: { displayName: 'One' } }],
    });
    expect(one.response.status).toBe(201);
    const several = await tools.call('graph_write', {
      requests: [
        unit('Two'),
        { method: 'POST', endpoint: '/directory/administrativeUnits', body: { displayName: 'Three' } },
        unit('Four'),
      ],
    });
    expect(several.response.data.responses.map(({ status }: { status: number }) => status)).toEqual([201, 201, 201]);
  });

  test('a dry run shows the version that would be called, and the state in it', async () => {
    const made = await tools.call('graph_write', { requests: [unit('Five')] });
    const endpoint = `/administrativeUnits/${made.response.data.id}`;
    const answer = await tools.call('graph_write', {
      api_version: 'beta',
      dry_run: true,
      requests: [{ method: 'PATCH', endpoint, body: { displayName: 'Six' } }],
    });
    const [request] = answer.response.data.requests;
    expect(request.url).toContain(`/beta${endpoint}`);
    expect(request.changes).toEqual({ displayName: { from: 'Five', to: 'Six' } });
  });
});
