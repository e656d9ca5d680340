import { expect, test } from 'vitest';
import { createLogger } from '../../../../src/core/telemetry/logger.ts';
import { testCall } from '../../../support/call.ts';
import { settle } from '../client-fixture.ts';
import { get, post, serveEachTest } from '../served-client.ts';

const served = serveEachTest();

function recordingLogger(level: 'info' | 'debug') {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level, destination: { write: (line) => lines.push(line) } }) };
}

test('a line for each request and answer is written when logging is enabled, and not otherwise', async () => {
  const { lines, logger } = recordingLogger('info');
  await settle(served.client({ logger }).send(get, testCall()));
  await logger.flush();
  expect(lines).toEqual([]);
  await settle(served.client({ logger, settings: { logging: { enabled: true } } }).send(get, testCall()));
  await logger.flush();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'request', method: 'GET', connection: 'test', attempt: 1 },
    { msg: 'response', status: 200, durationMs: expect.any(Number) },
  ]);
});

test('request, response and auth choose what is written', async () => {
  const { lines, logger } = recordingLogger('info');
  const settings = { logging: { enabled: true, response: false, auth: true } };
  await settle(served.client({ logger, settings }).send(get, testCall()));
  await logger.flush();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'request', auth: 'bearer' }]);
});

test('no token, body or secret of the query is in any line or error, whatever goes wrong', async () => {
  const { lines, logger } = recordingLogger('debug');
  const settings = { logging: { enabled: true, auth: true, format: 'detailed' as const }, retry: { max_attempts: 2 } };
  const tokens = { getToken: async () => ({ token: 'marked-token-value', expiresAt: Number.POSITIVE_INFINITY }) };
  const client = served.client({ logger, settings, tokens });
  const errors: unknown[] = [];
  for (const reaction of [
    { status: 200, headers: { 'set-cookie': 'session=marked-cookie' } },
    { status: 401 },
    { status: 500, body: 'marked-body' },
    { status: 200, body: '{"marked-body' },
    { close: 'before' },
    { close: 'within' },
  ] as const) {
    for (const request of [get, { ...post, body: { password: 'marked-password' } }]) {
      served.server.react(reaction, reaction);
      const path = `${request.path}?sig=marked-signature`;
      const outcome = await settle(client.send({ ...request, path }, testCall()));
      if (outcome.status === 'rejected') errors.push(outcome.reason);
    }
  }
  await logger.flush();
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.join('')).not.toContain('marked-');
  const inspected = (await import('node:util')).inspect(errors, { depth: 20, showHidden: true });
  expect(inspected).not.toContain('marked-');
});
