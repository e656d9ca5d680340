import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { doors, type ServedClients, serveClients } from '../support/served-clients.ts';

let box: SandboxTools;
let clients: ServedClients;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5 });
  clients = await serveClients(box.runtime);
});
afterAll(async () => {
  await clients.close();
  await box.close();
});

describe.each(doors)('$name', (door) => {
  test('gets the steps, then the checklist of each connection that there is', async () => {
    const messages = await clients.through(door).prompt('audit_licenses', { connection: 'sandbox,nobody' });
    expect(messages).toMatchObject([
      { role: 'user', content: { type: 'text', text: expect.stringContaining('Audit the licences') } },
      {
        role: 'user',
        content: {
          type: 'resource',
          resource: {
            uri: 'tenantry://checklist/sandbox',
            mimeType: 'application/json',
            text: expect.stringContaining('"connection":"sandbox"'),
            _meta: { 'tenantry/untrusted-content': true },
          },
        },
      },
    ]);
  });

  test('gets the steps alone where there is no connection yet, and a blank argument is none', async () => {
    const client = clients.through(door);
    const [first, ...others] = await client.prompt('onboard_tenant', { name: 'new_one', tenant_id: ' ' });
    expect(others).toEqual([]);
    expect(first?.content['text']).toContain('Set up the Tenantry connection `new_one`.');
    const [migrate] = await client.prompt('migrate_to_federation', { connection: 'nobody', issuer: '' });
    expect(migrate?.content['text']).toContain('Ask me who signs the tokens');
  });

  test('is told what is missing, and that a prompt is unknown', async () => {
    const client = clients.through(door);
    const missing = client.prompt('audit_licenses', { connection: ' ' });
    await expect(missing).rejects.toThrow('Prompt audit_licenses needs the argument connection.');
    await expect(client.prompt('no_such_prompt', {})).rejects.toThrow('Unknown prompt: no_such_prompt');
  });
});
