import { expect, test } from 'vitest';
import { nearest } from '../../../src/core/base/nearest.ts';

test.each([
  ['cleint_secret', 'client_secret'],
  ['Access', 'access'],
  ['zzzzzzzz', undefined],
  ['', undefined],
])('%s means %s', (text, meant) => {
  expect(nearest(text, ['client_secret', 'access', 'settings'])).toBe(meant);
});
