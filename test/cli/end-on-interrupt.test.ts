import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { endOnInterrupt } from '../../src/cli/end-on-interrupt.ts';

test('Ctrl-C ends with 3 before a command has begun and after it has ended, and is its own matter meanwhile', () => {
  const codes: unknown[] = [];
  const events = new EventEmitter();
  const target = Object.assign(events, { exit: (code: unknown) => codes.push(code) });
  endOnInterrupt(target as unknown as NodeJS.Process);
  events.emit('SIGINT');
  expect(codes).toEqual([3]);
  const own = () => undefined;
  events.on('SIGINT', own);
  events.emit('SIGINT');
  expect(codes).toEqual([3]);
  events.off('SIGINT', own);
  events.emit('SIGINT');
  expect(codes).toEqual([3, 3]);
});
