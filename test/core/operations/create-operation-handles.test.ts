import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createOperationHandles, type Operation } from '../../../src/core/operations/operation.ts';

const operation: Operation = {
  api: 'arm',
  connectionId: 'connection-1',
  method: 'PUT',
  path: '/subscriptions/s',
  pollKind: 'status',
  pollUrl: 'https://management.azure.com/operations/secret-token',
  startedAt: 1,
};

function open(key = randomBytes(32)) {
  const clock = { time: 0, now: () => clock.time };
  return { clock, key, handles: createOperationHandles({ key: async () => key, clock }) };
}

describe('handles', () => {
  test('open again in another process, and show nothing of what is inside', async () => {
    const { handles, key } = open();
    const handle = await handles.seal(operation, 'ada');
    expect(Buffer.from(handle, 'base64url').toString('latin1')).not.toContain('secret-token');
    expect(await open(key).handles.open(handle, 'ada', 'connection-1')).toEqual(operation);
  });

  test.each([
    ['another caller', 'bob', 'connection-1'],
    ['another connection', 'ada', 'connection-2'],
  ])('open for nobody else: %s', async (_, caller, connectionId) => {
    const { handles } = open();
    const handle = await handles.seal(operation, 'ada');
    await expect(handles.open(handle, caller, connectionId)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test.each(['', 'x', 'https://evil.example', 'AQ'.repeat(40)])('%s is no handle', async (handle) => {
    await expect(open().handles.open(handle, 'ada', 'connection-1')).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  test('a changed one does not open, and neither does an old one', async () => {
    const { handles, clock } = open();
    const handle = await handles.seal(operation, 'ada');
    const changed = handle.slice(0, -2) + (handle.endsWith('AA') ? 'BB' : 'AA');
    await expect(handles.open(changed, 'ada', 'connection-1')).rejects.toMatchObject({ code: 'invalid_argument' });
    clock.time = 8 * 86_400_000;
    await expect(handles.open(handle, 'ada', 'connection-1')).rejects.toThrow('expired');
  });
});
