import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bareOptions, withDollars } from '../../src/core/http/odata-options.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});

afterAll(async () => {
  await tools.close();
});

beforeEach(() => {
  tools.forget();
});

const guests = "userType eq 'Guest'";
const dollarNote = expect.stringContaining('$filter');

describe('Microsoft Graph', () => {
  test.each([
    ['params', { endpoint: '/users', params: { filter: guests, select: 'id' } }],
    ['the address', { endpoint: `/users?filter=${guests}&Select=id` }],
    ['the address, escaped', { endpoint: `/v1.0/users?filter=${encodeURIComponent(guests)}&select=id` }],
    ['both', { endpoint: '/users?select=id', params: { FILTER: guests } }],
  ])('options without $ in %s are read as meant, and the answer says so', async (_, input) => {
    const { response, meta } = await tools.call('graph_query', input);
    expect(response.data.value).toHaveLength(12);
    expect(meta.notes).toContainEqual(dollarNote);
    expect(tools.graphRequests()).toEqual([expect.stringMatching(/^GET \/v1\.0\/users\?.*\$filter=/)]);
    expect(tools.graphRequests()[0]).toContain('$select=id');
  });

  test('the same in a batch, a delta and a write', async () => {
    const batch = await tools.call('graph_batch', { requests: [{ url: `/users?filter=${guests}&select=id` }] });
    expect(batch.response.data.responses[0].body.value).toHaveLength(12);
    expect(batch.meta.notes).toContainEqual(dollarNote);

    await tools.call('graph_delta', {
      endpoint: '/users/delta',
      params: { select: 'displayName', deltatoken: 'latest' },
    });
    expect(tools.graphRequests().at(-1)).toMatch(/\$select=displayName&\$deltatoken=latest/);

    const body = { jobTitle: 'Analyst' };
    const write = { method: 'PATCH', endpoint: '/users/ada@contoso.example?select=id', body };
    const { meta, response } = await tools.call('graph_write', { requests: [write], dry_run: true });
    expect(response.data.requests[0].url).toContain('?$select=id');
    expect(meta.notes).toContainEqual(expect.stringContaining('$select'));
  });

  test('what is to be expanded is sent with every name that was given', async () => {
    await tools.call('graph_query', { endpoint: '/users?expand=manager&$expand=memberOf&expand=ownedObjects' });
    const sent = decodeURIComponent(tools.graphRequests()[0] ?? '');
    expect(sent).toMatch(/\$expand=manager,memberOf,ownedObjects$/);
  });

  test('an option that is there twice, and says two things, is refused', async () => {
    const { response } = await tools.call('graph_query', {
      endpoint: '/users?filter=accountEnabled eq true',
      params: { $filter: guests },
    });
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('$filter') });
    expect(tools.graphRequests()).toEqual([]);
  });

  test.each([
    '/sites?search=contoso',
    '/users/ada@contoso.example/drive/items/1/content?format=pdf',
    '/users/ada@contoso.example/calendarView?startDateTime=2026-01-01&endDateTime=2026-02-01',
    "/users?$filter=displayName eq 'a&filter=b'",
    '/users?%24top=3',
  ])('%s goes out as it is', async (endpoint) => {
    const { meta } = await tools.call('graph_query', { endpoint, auto_paginate: false });
    expect((meta.notes ?? []).join(' ')).not.toContain('begin with $');
  });
});

describe('Azure Resource Manager', () => {
  test('options of Resource Manager itself get their $', async () => {
    const input = {
      path: 'resources',
      params: { top: 3, filter: "resourceType eq 'Microsoft.Storage/storageAccounts'" },
    };
    const { meta } = await tools.call('arm_query', { ...input, auto_paginate: false });
    expect(meta.notes).toContainEqual(expect.stringContaining('$top, $filter'));
    expect(tools.armRequests().at(-1)).toMatch(/[?&]\$top=3/);
  });

  test('those of a provider stay as they are, with a note', async () => {
    const path = 'resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts';
    const { meta } = await tools.call('arm_query', { path, params: { filter: 'x' } });
    expect(meta.notes).toContainEqual(expect.stringContaining('Sent as given: filter.'));
    expect(tools.armRequests().at(-1)).toMatch(/[?&]filter=x/);
  });
});

test('what is not renamed stays byte for byte', () => {
  const path = "/users?a%62=1&%66ilter=x eq 'é&y'&$top=5&&z";
  expect(bareOptions({ path })).toEqual(['filter']);
  expect(withDollars({ path }, ['filter'])).toEqual({ path: "/users?a%62=1&$filter=x eq 'é&y'&$top=5&&z" });
});
