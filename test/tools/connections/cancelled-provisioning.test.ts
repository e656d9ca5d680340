import { expect, test } from 'vitest';
import { openSandboxTools } from '../../support/sandbox-tools.ts';

test('a cancelled provisioning says what exists, how to go on and how to give up', async () => {
  const tools = await openSandboxTools({ users: 5 });
  const cancel = new AbortController();
  const { httpClient } = tools.sandbox;
  const send = httpClient.sendRequest;
  httpClient.sendRequest = async (request) => {
    const answer = await send(request);
    if (request.url.includes('/roleAssignments/') && request.method === 'PUT') cancel.abort();
    return answer;
  };
  const input = { name: 'fresh', credential: 'secret', roles: [{ role: 'Reader' }] };

  const { error } = (await tools.call('provision_connection', input, { signal: cancel.signal })).response;

  expect(error).toMatchObject({
    code: 'cancelled',
    message: expect.stringContaining('Made so far: the connection fresh, the app '),
    hint: expect.stringMatching(/^To finish it, call provision_connection again with the same arguments/),
    detail: { exists: { connection: 'fresh', application: { created: true } }, to_remove: expect.any(Array) },
  });
  await tools.close();
});
