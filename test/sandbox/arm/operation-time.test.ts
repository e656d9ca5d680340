import { describe, expect, test } from 'vitest';
import { type ArmClient, createArmClient, dataGroup, production, versions } from './support/arm-client.ts';

const accounts = `${dataGroup}/providers/Microsoft.Storage/storageAccounts`;
const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };

const read = (arm: ArmClient, name: string) => arm.get(`${accounts}/${name}`, versions.storage);

describe('a write that answers with Location', () => {
  test('is visible at its address after its time, although nobody polled', async () => {
    const arm = await createArmClient();
    const started = await arm.put(`${accounts}/stnew`, versions.storage, account);
    expect([started.status, started.headers['retry-after']]).toEqual([202, '1']);
    // Two polls would still say "running", at one second each.
    arm.sandbox.advance(2);
    expect((await read(arm, 'stnew')).status).toBe(404);
    arm.sandbox.advance(1);
    expect(await read(arm, 'stnew')).toMatchObject({
      status: 200,
      body: { properties: { provisioningState: 'Succeeded' } },
    });
    expect((await arm.get(started.headers['location'] ?? '', '')).status).toBe(201);
  });

  test('takes longer where it has more polls or a longer Retry-After', async () => {
    const arm = await createArmClient();
    const style = { match: 'PUT *', style: 'location', polls: 4, retry_after: 17 };
    arm.sandbox.placeObject('arm', 'operationStyle', style);
    await arm.put(`${accounts}/stslow`, versions.storage, account);
    arm.sandbox.advance(84);
    expect((await read(arm, 'stslow')).status).toBe(404);
    arm.sandbox.advance(1);
    expect((await read(arm, 'stslow')).status).toBe(200);
  });

  test('that fails leaves nothing behind, and says so at its address', async () => {
    const arm = await createArmClient();
    arm.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT *', style: 'location', outcome: 'failed' });
    const started = await arm.put(`${accounts}/stfails`, versions.storage, account);
    arm.sandbox.advance(60);
    expect((await read(arm, 'stfails')).status).toBe(404);
    expect((await arm.get(started.headers['location'] ?? '', '')).body.error.code).toBe('ProvisioningFailed');
  });

  test('that deletes takes the resource away after its time', async () => {
    const arm = await createArmClient();
    arm.sandbox.placeObject('arm', 'operationStyle', { match: 'DELETE *', style: 'location' });
    expect((await arm.send('DELETE', `${accounts}/stcontosodata`, { version: versions.storage })).status).toBe(202);
    expect((await read(arm, 'stcontosodata')).status).toBe(200);
    arm.sandbox.advance(3);
    expect((await read(arm, 'stcontosodata')).status).toBe(404);
  });
});

describe('names of storage', () => {
  const rule =
    'Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.';

  test.each(['st', 'St-Contoso', 'stcontoso_data', 'a'.repeat(25), 'stUpper'])(
    'an account %s is refused',
    async (name) => {
      const arm = await createArmClient();
      expect(await arm.put(`${accounts}/${name}`, versions.storage, account)).toMatchObject({
        status: 400,
        body: { error: { code: 'AccountNameInvalid', message: expect.stringContaining(rule) } },
      });
      const checked = await arm.send('POST', `${production}/providers/Microsoft.Storage/checkNameAvailability`, {
        version: versions.storage,
        body: { name, type: 'Microsoft.Storage/storageAccounts' },
      });
      expect(checked.body).toMatchObject({ nameAvailable: false, reason: 'AccountNameInvalid' });
    },
  );

  test.each([
    ['ab', 'OutOfRangeInput'],
    ['a'.repeat(64), 'OutOfRangeInput'],
    ['Backups', 'InvalidResourceName'],
    ['two--hyphens', 'InvalidResourceName'],
    ['-first', 'InvalidResourceName'],
    ['under_score', 'InvalidResourceName'],
  ])('a container %s is refused with %s', async (name, code) => {
    const arm = await createArmClient();
    const path = `${accounts}/stcontosodata/blobServices/default/containers/${name}`;
    expect(await arm.put(path, versions.storage, { properties: {} })).toMatchObject({
      status: 400,
      body: { error: { code } },
    });
  });

  test('valid ones are made', async () => {
    const arm = await createArmClient();
    expect((await arm.put(`${accounts}/st3`, versions.storage, account)).status).toBe(202);
    const path = `${accounts}/stcontosodata/blobServices/default/containers/good-name-1`;
    expect((await arm.put(path, versions.storage, { properties: {} })).status).toBe(201);
  });
});
