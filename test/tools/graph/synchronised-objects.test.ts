import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusedIfSynchronised } from '../../../src/core/apis/graph/synchronised.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
const ids = { user: '', cloudUser: '', group: '', cloudGroup: '' };

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
  ids.user = await first('/users', 'onPremisesSyncEnabled eq true');
  ids.cloudUser = await first('/users', "userType eq 'Guest'");
  ids.group = await first('/groups', 'onPremisesSyncEnabled eq true');
  ids.cloudGroup = await first('/groups', "groupTypes/any(t:t eq 'Unified')");
});

afterAll(async () => {
  await tools.close();
});

async function first(endpoint: string, filter: string): Promise<string> {
  const { response } = await tools.call('graph_query', { endpoint, params: { $filter: filter, $select: 'id' } });
  return response.data.value[0].id;
}

interface Write {
  readonly method: string;
  readonly endpoint: string;
  readonly body?: unknown;
}

const reference = () => ({ '@odata.id': `https://graph.sandbox.invalid/v1.0/directoryObjects/${ids.cloudUser}` });

/** Writes, and the properties that the service refuses; none where it carries them out. */
const writes: readonly (readonly [string, () => Write, readonly string[]])[] = [
  ['a title', () => ({ method: 'PATCH', endpoint: `/users/${ids.user}`, body: { jobTitle: 'Analyst' } }), ['jobTitle']],
  [
    'a title beside a country',
    () => ({ method: 'PATCH', endpoint: `users/${ids.user}`, body: { usageLocation: 'US', displayName: 'X' } }),
    ['displayName'],
  ],
  ['a country', () => ({ method: 'PATCH', endpoint: `/users/${ids.user}`, body: { usageLocation: 'US' } }), []],
  [
    'a title of a cloud user',
    () => ({ method: 'PATCH', endpoint: `/users/${ids.cloudUser}`, body: { jobTitle: 'A' } }),
    [],
  ],
  [
    'a description',
    () => ({ method: 'PATCH', endpoint: `/groups/${ids.group}`, body: { description: 'X' } }),
    ['description'],
  ],
  [
    'a member',
    () => ({ method: 'POST', endpoint: `/groups/${ids.group}/members/$ref`, body: reference() }),
    ['members'],
  ],
  ['a group', () => ({ method: 'DELETE', endpoint: `/groups/${ids.group}` }), ['deletion']],
  [
    'a description of a cloud group',
    () => ({ method: 'PATCH', endpoint: `/groups/${ids.cloudGroup}`, body: { description: 'X' } }),
    [],
  ],
];

describe('what a synchronised object refuses is said by the dry run and by the write', () => {
  test.each(writes)('%s', async (_, write, refused) => {
    const request = write();
    const dry = await tools.call('graph_write', { requests: [request], dry_run: true });
    const sent = await tools.call('graph_write', { requests: [request] });
    expect(sent.response.success).toBe(refused.length === 0);
    if (refused.length === 0) {
      expect(dry.response.data.requests[0]).not.toHaveProperty('will_be_refused');
      return;
    }
    const { hint } = sent.response.error;
    expect(dry.response.data.requests[0].will_be_refused).toEqual({ properties: refused, hint });
    expect(dry.meta.notes).toContainEqual(expect.stringContaining(`\`${refused[0]}\``));
  });
});

test.each([
  ['PATCH', '/applications/1', { displayName: 'x' }],
  ['POST', '/users', { displayName: 'x' }],
  ['DELETE', '/users/1', undefined],
  ['POST', '/groups/1/owners', undefined],
  ['PATCH', '/users/1', { extension_0123456789abcdef0123456789abcdef_shoe: 1 }],
] as const)('%s %s needs no look', (method, path, body) => {
  expect(refusedIfSynchronised({ method, path, body })).toBeUndefined();
});
