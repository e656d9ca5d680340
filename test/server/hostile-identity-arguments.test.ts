import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { devops } from './hostile/devops-rows.ts';
import { identities } from './hostile/identity-rows.ts';
import { ml } from './hostile/workspace-rows.ts';

let box: SandboxTools;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5 });
  const { tenantId, clientId, clientSecret } = box.sandbox.credentials;
  const identity = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
  await box.call('create_connection', { name: 'prod', cloud: 'sandbox', access: 'read_write' });
  await box.call('complete_connection', { connection: 'prod', ...identity });
});
afterAll(() => box.close());

describe('hostile arguments of the tools for identities and connections of services', () => {
  test.each(
    [...devops, ...ml, ...identities].map((row, index) => [index, row[0], row[1], summary(row[2]), row[2]] as const),
  )('%i: %s of %s is refused before any request: %s', async (_index, _what, tool, _summary, input) => {
    box.forget();
    const { isError, response } = await box.call(tool, input);
    expect(isError).toBe(true);
    expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/\w{3}/) });
    expect(response.error.message.length).toBeLessThan(2_000);
    expect(box.seen()).toEqual([]);
  });
});

function summary(input: unknown): string {
  const text = JSON.stringify(input) ?? '';
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
}
