import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { listenOnPort } from '../../../src/server/http/listen.ts';

test('an address that this machine does not have is named as such', async () => {
  // RFC 5737: for documentation, on no machine.
  const place = { host: '192.0.2.1', port: 0, isSignedIn: true };
  await expect(listenOnPort(createServer(), place)).rejects.toMatchObject({
    code: 'configuration',
    message: 'Cannot listen on 192.0.2.1:0: this machine has no such address.',
    hint: expect.stringContaining('0.0.0.0'),
  });
});
