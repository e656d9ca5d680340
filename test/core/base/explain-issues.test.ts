import { expect, test } from 'vitest';
import type { z } from 'zod';
import { explainIssues } from '../../../src/core/base/explain-issues.ts';
import { provisionConnection } from '../../../src/tools/connections/provision-connection.ts';
import { convertServiceConnection } from '../../../src/tools/devops/convert-service-connection.ts';
import { createServiceConnection } from '../../../src/tools/devops/create-service-connection.ts';

async function explain({ input: schema }: { readonly input: z.ZodType }, input: unknown) {
  const { error } = schema.safeParse(input);
  return explainIssues(schema, input, error?.issues ?? []);
}

const provision = { connection: 'a1', name: 'fresh', credential: 'secret' };
const service = { connection: 'a1', project: 'Payments', name: 'shop' };

test('a word that is none of the valid ones is answered with the nearest, whatever its case', async () => {
  const { message } = await explain(createServiceConnection, { ...service, scheme: 'serviceprincpal' });
  expect(message).toMatch(/The nearest is "ServicePrincipal"\.$/);
});

test('an object is described by its keys', async () => {
  const { hint } = await explain(provisionConnection, { ...provision, roles: ['Reader'] });
  expect(hint).toBe('Pass roles[0] as an object with role, scope.');
});

test('so are the objects of an array', async () => {
  const { message } = await explain(provisionConnection, provision);
  expect(message).toBe('roles: missing, expected an array of objects with role, scope.');
});

test('an array of texts is an array', async () => {
  const { hint } = await explain(convertServiceConnection, {
    connection: 'a1',
    project: 'Payments',
    ids: 'azure-production',
  });
  expect(hint).toBe('Pass ids as an array.');
});

test('a character that a name may not have is named, in tools and in the configuration alike', async () => {
  const { message, hint } = await explain(provisionConnection, { ...provision, name: 'prod!', roles: [] });
  expect(message).toBe(
    'name: got a string of 5 characters, expected 2 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit; the character "!" at position 5 is not allowed.',
  );
  expect(hint).not.toContain('position');
});

test('one of a thing is not called by its plural', async () => {
  const { message } = await explain(provisionConnection, { ...provision, roles: [], display_name: '!'.repeat(121) });
  expect(message).toContain('a string of 121 characters');
  const { message: short } = await explain(provisionConnection, { ...provision, roles: [], name: '!' });
  expect(short).toContain('a string of 1 character,');
});
