import { expect, test } from 'vitest';
import { nearest, offerNames } from '../../../src/core/base/nearest.ts';

test.each([
  ['cleint_secret', 'client_secret'],
  ['clientSecret', 'client_secret'],
  ['Access', 'access'],
  ['sett', 'settings'],
  ['settings_of_it', 'settings'],
  ['secret', 'client_secret'],
  ['zzzzzzzz', undefined],
  ['', undefined],
  ['se', undefined],
  ['accent', 'access'],
  ['assets', undefined],
])('%s means %s', (text, meant) => {
  expect(nearest(text, ['client_secret', 'access', 'settings'])).toBe(meant);
});

test.each<[string, readonly string[], string | undefined]>([
  ['method', ['id', 'headers', 'depends_on', 'url'], undefined],
  ['filter', ['endpoint', 'headers', 'params', 'limit'], undefined],
  ['cert', ['azure', 'certificate', 'bearer'], 'certificate'],
  ['rw', ['read_only', 'read_write'], 'read_write'],
  ['ro', ['read_only', 'read_write'], 'read_only'],
  ['foo', ['tools', 'http', 'call', 'doctor'], undefined],
  ['tenant', ['tenant_id', 'client_id'], 'tenant_id'],
  ['top', ['stop', 'limit'], 'limit'],
  ['lsit', ['list', 'lint'], 'list'],
  ['id', ['ml', 'ids', 'graph'], undefined],
  ['msgraph', ['connections', 'graph', 'arm'], 'graph'],
  ['constructor', ['name'], undefined],
])('of others, %s is near to %s alone', (text, candidates, meant) => {
  expect(nearest(text, candidates)).toBe(meant);
});

test('names that may be meant are called near; without one, the list begins at its beginning', () => {
  const names = ['shop', 'azure-production', 'Payments', 'azure-test'];
  expect(offerNames('production', names)).toEqual({
    near: ['azure-production'],
    names: ['azure-production', 'azure-test', 'Payments', 'shop'],
  });
  expect(offerNames('azure-prodution', names).names[0]).toBe('azure-production');
  expect(offerNames('zzz', names, 2)).toEqual({ near: [], names: ['azure-production', 'azure-test'] });
});

test('a very long word costs nothing', () => {
  expect(nearest('y'.repeat(100_000), ['x'.repeat(100_000), 'limit'])).toBeUndefined();
});
