import { expect, test } from 'vitest';
import { createRedactor, Secret } from '../../../src/core/secrets/secret.ts';
import { createLogger, type LoggerOptions } from '../../../src/core/telemetry/logger.ts';

function recordingLogger(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) }, ...options });
  return { lines, logger };
}

test('writes one JSON line for each entry, the first ones too', async () => {
  const { lines, logger } = recordingLogger();
  logger.info('first', { answer: 42 });
  await logger.flush();
  logger.warn('second');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, name: 'tenantry', msg: 'first', answer: 42 },
    { level: 40, msg: 'second' },
  ]);
});

test('writes nothing below its level', async () => {
  const { lines, logger } = recordingLogger({ level: 'warn' });
  logger.info('not this');
  logger.error('this');
  await logger.flush();
  expect(lines).toHaveLength(1);
  expect(logger.isEnabled('info')).toBe(false);
});

test('masks messages and fields before anything is kept', async () => {
  const redactor = createRedactor();
  redactor.register('marked-secret-value');
  const { lines, logger } = recordingLogger({ redactor });
  logger.info('with marked-secret-value', {
    headers: { authorization: 'Bearer abcdefgh' },
    secret: new Secret('marked-other'),
    error: new Error('marked-secret-value'),
  });
  await logger.flush();
  expect(lines.join('')).not.toMatch(/marked|abcdefgh/);
});

test.each([
  ['fatal', true, false],
  ['error', true, false],
  ['warn', true, true],
  ['silent', false, false],
] as const)('at the level %s, errors are written: %s; warnings: %s', (level, errors, warnings) => {
  const logger = createLogger({ level });
  expect([logger.isEnabled('error'), logger.isEnabled('warn')]).toEqual([errors, warnings]);
});
