import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let group: string;
let users: readonly string[];

beforeEach(async () => {
  tools = await openSandboxTools();
  const { response } = await tools.call('graph_batch', {
    requests: [{ url: "/groups?$filter=displayName eq 'VPN Users'&$select=id" }, { url: '/users?$select=id&$top=60' }],
  });
  const [groups, people] = response.data.responses.map(({ body }: { body: { value: { id: string }[] } }) => body.value);
  group = groups[0].id;
  users = people.map(({ id }: { id: string }) => id).slice(40, 44);
  tools.forget();
});

afterEach(() => tools.close());

const add = (reference: string) => ({
  method: 'POST',
  endpoint: `/groups/${group}/members/$ref`,
  body: { '@odata.id': reference },
});

test('a reference as documentation has it is one at the cloud of the connection', async () => {
  const { isError, meta } = await tools.call('graph_write', {
    requests: [
      add(`https://graph.microsoft.com/v1.0/directoryObjects/${users[0]}`),
      add(`https://graph.microsoft.com/v1.0/directoryObjects/${users[1]}`),
    ],
  });
  expect(isError).toBe(false);
  expect(meta.notes).toEqual([
    'References at graph.microsoft.com were read as references at the cloud of the connection.',
  ]);
});

test('a path is a reference', async () => {
  const { isError, meta } = await tools.call('graph_write', {
    requests: [add(`/directoryObjects/${users[0]}`), add(`users/${users[1]}`), add(`/beta/users/${users[2]}`)],
  });
  expect(isError).toBe(false);
  expect(meta.notes).toBeUndefined();
});

test('a list of references, also inside other members, is read the same way, and a dry run shows it', async () => {
  const { response } = await tools.call('graph_write', {
    requests: [
      {
        method: 'POST',
        endpoint: '/groups',
        body: {
          displayName: 'x',
          'members@odata.bind': [`/users/${users[0]}`],
          about: [{ 'user@odata.bind': `/users/${users[1]}` }],
        },
      },
    ],
    dry_run: true,
  });
  expect(response.data.requests[0].body).toEqual({
    displayName: 'x',
    'members@odata.bind': [`https://graph.sandbox.invalid/v1.0/users/${users[0]}`],
    about: [{ 'user@odata.bind': `https://graph.sandbox.invalid/v1.0/users/${users[1]}` }],
  });
});

test('a reference at another address is left for the service to refuse', async () => {
  const { isError, response } = await tools.call('graph_write', {
    requests: [add(`https://graph.microsoft.com.example/v1.0/directoryObjects/${users[0]}`)],
  });
  expect(isError).toBe(true);
  expect(response.error.message).toContain('https://graph.microsoft.com.example/');
});
