import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { testCall } from '../../support/call.ts';
import { identity, inline, me, other, setUpService, withProd } from './service-support.ts';
import { clientId, failureOf } from './support.ts';

describe('a later complete', () => {
  test('without a secret keeps the stored one', async () => {
    const { service, record, vault } = await withProd();
    const later = await service.complete('prod', { default_location: 'westeurope', secrets: {} }, me, testCall());
    expect(later.secrets).toEqual(record.secrets);
    expect(later).toMatchObject({
      revision: 3,
      identity: { ...identity, default_location: 'westeurope' },
      previousSecrets: [],
    });
    expect(await vault.list()).toHaveLength(1);
  });

  test('with a secret rotates it and keeps the old one', async () => {
    const { service, record, reveal, vault } = await withProd();
    const rotated = await service.complete(
      'prod',
      { secrets: { client_secret: new Secret('second-secret') } },
      me,
      testCall(),
    );
    expect(await reveal(rotated.secrets[0]?.ref)).toBe('second-secret');
    expect(rotated.previousSecrets).toEqual(record.secrets);
    expect(await reveal(rotated.previousSecrets[0]?.ref)).toBe('first-secret');
    expect(await vault.list()).toHaveLength(2);
  });

  test('keeps one old secret: the latest, or the one that was validated last', async () => {
    const { service, store, reveal, vault, record } = await withProd();
    const rotate = (text: string) =>
      service.complete('prod', { secrets: { client_secret: new Secret(text) } }, me, testCall());
    await rotate('second-secret');
    const third = await rotate('third-secret');
    expect(await reveal(third.previousSecrets[0]?.ref)).toBe('second-secret');
    const [secret] = third.secrets;
    const validated = {
      ...third,
      revision: third.revision + 1,
      secrets: secret ? [{ ...secret, validatedAt: record.createdAt }] : [],
    };
    expect(await store.replace(validated)).toBe(true);
    await rotate('fourth-secret');
    const fifth = await rotate('fifth-secret');
    expect(await reveal(fifth.secrets[0]?.ref)).toBe('fifth-secret');
    expect(await reveal(fifth.previousSecrets[0]?.ref)).toBe('third-secret');
    expect(await vault.list()).toHaveLength(2);
  });

  test('with the same secret again rotates nothing', async () => {
    const { service, reveal, vault } = await withProd();
    const again = await service.complete('prod', inline('first-secret'), me, testCall());
    expect(again.previousSecrets).toEqual([]);
    expect(await reveal(again.secrets[0]?.ref)).toBe('first-secret');
    expect(await vault.list()).toHaveLength(1);
  });

  test('goes back to the previous secret on request, and forth again', async () => {
    const { service, reveal, vault } = await withProd();
    await service.complete('prod', { secrets: { client_secret: new Secret('wrong-secret') } }, me, testCall());
    const back = await service.complete('prod', { secrets: { client_secret: { previous: true } } }, me, testCall());
    expect(await reveal(back.secrets[0]?.ref)).toBe('first-secret');
    const forth = await service.complete('prod', { secrets: { client_secret: { previous: true } } }, me, testCall());
    expect(await reveal(forth.secrets[0]?.ref)).toBe('wrong-secret');
    expect(await vault.list()).toHaveLength(2);
  });

  test.each([{ tenant_id: other }, { client_id: other }])(
    'that becomes %j is refused and changes nothing',
    async (change) => {
      const { service, store, record, vault } = await withProd();
      const attempt = failureOf(service.complete('prod', { ...inline('second-secret'), ...change }, me, testCall()));
      expect(await attempt).toMatchObject({ code: 'refused', hint: expect.stringContaining('replace_identity') });
      expect(await store.get('prod', me.id)).toEqual(record);
      expect(await vault.list()).toHaveLength(1);
    },
  );

  test('with replace_identity needs the new secret, and can go back to the old identity', async () => {
    const { service, reveal } = await withProd();
    const replace = { tenant_id: other, replace_identity: true } as const;
    expect(await failureOf(service.complete('prod', { ...replace, secrets: {} }, me, testCall()))).toMatchObject({
      code: 'invalid_argument',
      detail: { missing: ['client_secret'] },
    });
    const secrets = { client_secret: new Secret('of-the-other') };
    const replaced = await service.complete('prod', { ...replace, secrets }, me, testCall());
    expect(replaced).toMatchObject({ identity: { tenant_id: other, client_id: clientId }, previousIdentity: identity });
    expect(await reveal(replaced.secrets[0]?.ref)).toBe('of-the-other');
    const back = await service.complete('prod', { secrets: { client_secret: { previous: true } } }, me, testCall());
    expect(back.identity).toMatchObject(identity);
    expect(await reveal(back.secrets[0]?.ref)).toBe('first-secret');
    expect(back.previousIdentity?.tenant_id).toBe(other);
  });

  test('forgets the health of another secret, and keeps it for another location', async () => {
    const { service, store, record } = await withProd();
    await store.replace({
      ...record,
      revision: 3,
      health: 'healthy',
      checks: [{ check: 'token.graph', status: 'pass', detail: 'ok' }],
    });
    const moved = await service.complete('prod', { default_location: 'eastus', secrets: {} }, me, testCall());
    expect(moved.health).toBe('healthy');
    const rotated = await service.complete('prod', inline('second-secret'), me, testCall());
    expect(rotated).toMatchObject({ health: 'unknown', checks: [] });
  });
});

describe('remove', () => {
  test('destroys record and secrets; a new connection of the name is another one', async () => {
    const { service, vault, record } = await withProd();
    await service.complete('prod', inline('second-secret'), me, testCall());
    await service.remove('prod', me, testCall());
    expect(await service.list(me)).toEqual([]);
    expect(await vault.list()).toEqual([]);
    const again = await service.create({ name: 'prod' }, me, testCall());
    expect(again.id).not.toBe(record.id);
    expect(again.secrets).toEqual([]);
  });

  test('an unknown connection is not found', async () => {
    expect(await failureOf(setUpService().service.remove('prod', me, testCall()))).toMatchObject({ code: 'not_found' });
  });
});

describe('changes at the same time', () => {
  test('200 completes of one process are all applied', async () => {
    const { service, vault, reveal } = await withProd();
    const work = Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0
        ? service.complete('prod', { secrets: { client_secret: new Secret(`secret-${index}`) } }, me, testCall())
        : service.complete('prod', { default_location: `region${index}`, secrets: {} }, me, testCall()),
    );
    await Promise.all(work);
    const record = await service.get('prod', me);
    expect(record.revision).toBe(202);
    expect(await reveal(record.secrets[0]?.ref)).toMatch(/^secret-\d+$/);
    expect(await reveal(record.previousSecrets[0]?.ref)).toMatch(/^secret-\d+$/);
    expect(await vault.list()).toHaveLength(2);
  });

  test('a complete that meets a removal leaves no secret behind', async () => {
    const { service, store, vault, record } = await withProd();
    const replace = store.replace.bind(store);
    store.replace = async (next) => {
      await service.remove('prod', me, testCall());
      return replace(next);
    };
    expect(await failureOf(service.complete('prod', inline('second-secret'), me, testCall()))).toMatchObject({
      code: 'conflict',
    });
    expect(await vault.list()).toEqual([]);
    expect(await store.get(record.name, me.id)).toBeUndefined();
  });

  test('a failing store leaves no secret behind', async () => {
    const { service, store, vault } = await withProd();
    store.replace = () => Promise.reject(new Error('disk full'));
    await expect(service.complete('prod', inline('second-secret'), me, testCall())).rejects.toThrow('disk full');
    expect(await vault.list()).toHaveLength(1);
  });

  test('a store whose answer is lost after the change keeps the secret that the record points to', async () => {
    const { service, store, vault, reveal } = await withProd();
    const replace = store.replace.bind(store);
    store.replace = async (record) => {
      await replace(record);
      throw new Error('connection reset');
    };
    await expect(service.complete('prod', inline('second-secret'), me, testCall())).rejects.toThrow('connection reset');
    const record = await store.get('prod', me.id);
    expect(await reveal(record?.secrets[0]?.ref)).toBe('second-secret');
    expect(await vault.list()).toHaveLength(2);
  });

  test('a store that cannot be read after the failure leaves the secret to the sweep', async () => {
    const { service, store, vault } = await withProd();
    store.replace = async () => {
      store.get = () => Promise.reject(new Error('away'));
      throw new Error('connection reset');
    };
    await expect(service.complete('prod', inline('second-secret'), me, testCall())).rejects.toThrow('connection reset');
    expect(await vault.list()).toHaveLength(2);
  });
});

test('secrets that a killed process left behind are destroyed after an hour', async () => {
  const { service, vault, clock, record } = await withProd();
  await vault.put({ connectionId: record.id, field: 'client_secret' }, new Secret('orphan'));
  await service.complete('prod', { default_location: 'eastus', secrets: {} }, me, testCall());
  expect(await vault.list()).toHaveLength(2);
  clock.advance(61 * 60_000);
  await service.complete('prod', { default_location: 'westus', secrets: {} }, me, testCall());
  expect((await vault.list()).map(({ ref }) => ref)).toEqual([record.secrets[0]?.ref]);
});
