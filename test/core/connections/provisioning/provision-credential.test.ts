import { expect, test, vi } from 'vitest';
import {
  completeFederated,
  provisionSecret,
} from '../../../../src/core/connections/provisioning/provision-credential.ts';
import { createSecretStorage } from '../../../../src/core/connections/record-changes.ts';
import type { AuthType } from '../../../../src/core/record/connection.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { testCall } from '../../../support/call.ts';
import { setUpService } from '../service-support.ts';
import { clientId, tenantId, testRecord } from '../support.ts';

const identity = { tenant_id: tenantId, client_id: clientId };

/** A pending record, an app whose secrets are counted, and a vault in memory. */
async function opened(authType: AuthType = 'azure') {
  const { options, store, vault } = setUpService();
  const pending = testRecord({ status: 'pending', auth_type: authType, identity: {} });
  await store.insert(pending);
  const passwords = new Set<string>();
  const addPassword = vi.fn(async () => {
    const keyId = `key-${addPassword.mock.calls.length}`;
    passwords.add(keyId);
    return { keyId, secret: new Secret(keyId), expiresAt: '2027-01-01T00:00:00.000Z' };
  });
  const removePassword = async (_objectId: string, keyId: string) => void passwords.delete(keyId);
  const admin = { identities: { addPassword, removePassword } };
  const work = { call: testCall(), options, storage: createSecretStorage(options), admin };
  return { work, store, vault, pending, passwords, addPassword };
}

const wanted = { application: { id: 'app-1', appId: clientId }, identity, marker: 'tenantry-prod', lifetimeDays: 30 };

test('no secret is made as long as the record could not be claimed', async () => {
  const { work, store, pending, addPassword, passwords, vault } = await opened();
  const replace = store.replace.bind(store);
  const claims = vi.spyOn(store, 'replace').mockImplementationOnce(async (claimed) => {
    // Somebody else is faster by a moment.
    await replace({ ...claimed, updatedAt: '2026-11-20T09:59:59.000Z' });
    return replace(claimed);
  });
  const { record, isNew } = await provisionSecret(pending, wanted, work);

  expect(claims).toHaveBeenCalledTimes(3);
  expect({ isNew, status: record.status, revision: record.revision }).toEqual({
    isNew: true,
    status: 'ready',
    revision: 4,
  });
  expect(addPassword).toHaveBeenCalledTimes(1);
  expect(passwords.size).toBe(1);
  expect(await vault.list()).toHaveLength(1);
});

test('a connection that has been completed with another app meanwhile is a conflict, and no secret is made', async () => {
  const { work, store, pending, addPassword } = await opened();
  const otherApp = { tenant_id: tenantId, client_id: '33333333-3333-4333-8333-333333333333' };
  await store.replace({ ...pending, revision: 2, status: 'ready', identity: otherApp });

  await expect(provisionSecret(pending, wanted, work)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('completed with another app'),
  });
  expect(addPassword).not.toHaveBeenCalled();
});

test('a federated token that was stored for a connection that is gone is destroyed', async () => {
  const { work, store, pending, vault } = await opened('workload_identity');
  await store.remove(pending.id, 1);
  const info = { field: 'federated_token', fingerprint: 'f', storedAt: '', source: 'inline' } as const;
  const token = { toStore: [{ kind: 'material', secret: new Secret('token'), info }] } as const;

  await expect(completeFederated(pending, identity, token, work)).rejects.toMatchObject({ code: 'conflict' });
  expect(await vault.list()).toEqual([]);
});
