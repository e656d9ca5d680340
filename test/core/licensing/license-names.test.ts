import { expect, test } from 'vitest';
import licenseNames from '../../../src/core/licensing/license-names.generated.json' with { type: 'json' };
import { comparable, loadLicenseNames } from '../../../src/core/licensing/license-names.ts';

test('the built-in table knows products and plans by id, and says where it comes from', async () => {
  const names = await loadLicenseNames();
  expect(names.productPartNumber('06EBC4EE-1bb5-47dd-8120-11324bc54e06')).toBe('SPE_E5');
  expect(names.productTitles('06ebc4ee-1bb5-47dd-8120-11324bc54e06')).toEqual(['Microsoft 365 E5']);
  expect(names.planName('efb87545-963c-4e0d-99df-69c6916d9eb0')).toBe('EXCHANGE_S_ENTERPRISE');
  expect(names.planTitle('efb87545-963c-4e0d-99df-69c6916d9eb0')).toBe('Exchange Online (Plan 2)');
  expect(names.findProducts('mcopstn5')).toHaveLength(3);
  expect(licenseNames.source).toMatch(/^Microsoft, .*, 20\d\d-\d\d: 619 products, 791 service plans$/);
});

test('ids that the table does not know give nothing', async () => {
  const names = await loadLicenseNames();
  const unknown = '00000000-0000-0000-0000-000000000000';
  expect(names.productTitles(unknown)).toEqual([]);
  expect(names.productPartNumber(unknown)).toBeUndefined();
  expect(names.planTitle(unknown)).toBeUndefined();
});

test('names are compared without case, spaces and punctuation, and + counts', () => {
  expect(comparable('Exchange Online (Plan 2)')).toBe(comparable('exchange-online plan 2'));
  expect(comparable('Bookings+')).not.toBe(comparable('Bookings'));
});
