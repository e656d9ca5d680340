import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configFileSchema } from '../../../src/runtime/config/config-schema.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { openSandboxTools } from '../../support/sandbox-tools.ts';

const docs = join(import.meta.dirname, '../../../docs');
const file = join(docs, 'policies/mail-assistant.yaml');

test('the policy for an assistant that reads mail is the one in the documentation, and loads', async () => {
  const text = (await readFile(file, 'utf8')).trim();
  expect(await readFile(join(docs, 'configuration.md'), 'utf8')).toContain(text);
  const home = await mkdtemp(join(tmpdir(), 'tenantry-policy-'));
  await writeFile(join(home, 'tenantry.yaml'), text);
  const { config, error } = await loadConfig({ flags: { home }, environment: () => undefined });
  await rm(home, { recursive: true });
  expect(error).toBeUndefined();
  expect(config.policy).toMatchObject({ allow: [], subscriptions: [], confirm: 'always', max_access: 'read_only' });
});

test('it lets mail be read, and nothing be written', async () => {
  const { policy } = configFileSchema.parse(parse(await readFile(file, 'utf8')));
  const tools = await openSandboxTools({ policy });
  const read = async (endpoint: string) => (await tools.call('graph_query', { endpoint, limit: 3 })).response;
  const [user] = (await read('/users?$select=id')).data.value;
  expect((await read(`/users/${user.id}/messages`)).success).toBe(true);
  for (const closed of [
    '/applications',
    '/me/drive/root',
    '/directoryRoles',
    `/users/${user.id}/authentication/methods`,
  ]) {
    expect((await read(closed)).error).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('Ask the person'),
    });
  }
  const mail = { message: { subject: 'x', toRecipients: [{ emailAddress: { address: 'x@evil.example' } }] } };
  const send = { requests: [{ method: 'POST', endpoint: `/users/${user.id}/sendMail`, body: mail }] };
  expect((await tools.call('graph_write', send)).response.error.code).toBe('refused');
  expect((await tools.call('arm_query', { path: '/subscriptions' })).response.error.code).toBe('refused');
  await tools.close();
});
