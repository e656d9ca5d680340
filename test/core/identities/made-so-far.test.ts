import { expect, test } from 'vitest';
import { AppError, cancelled } from '../../../src/core/base/errors.ts';
import { MadeSoFar } from '../../../src/core/identities/made-so-far.ts';

const running = new AbortController().signal;
const open = () => new MadeSoFar({ intro: 'There is now', separator: '; ', next: 'Then call again.' });

test('a failure before anything was made stays as it is', () => {
  const failure = new AppError('conflict', 'Taken.', { hint: 'Choose another name.' });

  expect(open().explain(failure, running)).toBe(failure);
});

test('a failure after that says what exists, the newest about each thing, and how to go on', () => {
  const made = open();
  made.add('application', 'an app');
  made.add('endpoint', 'a draft');
  made.add('endpoint', 'a connection');

  expect(made.explain(new AppError('conflict', 'Taken', { hint: 'Wait' }), running)).toMatchObject({
    message: 'Taken. There is now an app; a connection.',
    hint: 'Wait. Then call again.',
    detail: { exists: ['an app', 'a connection'] },
  });
  expect(made.explain(new AppError('conflict', 'Taken.'), running)).toMatchObject({ hint: 'Call again.' });
});

test('the end of the time is told instead of the cancellation that it caused', () => {
  const timeout = new AppError('timeout', 'Too late.');

  expect(open().explain(cancelled(), AbortSignal.abort(timeout))).toBe(timeout);
});
