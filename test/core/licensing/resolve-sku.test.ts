import { beforeAll, describe, expect, test } from 'vitest';
import { type LicenseNames, loadLicenseNames } from '../../../src/core/licensing/license-names.ts';
import { readAs, resolvePlan, resolveSku } from '../../../src/core/licensing/resolve-sku.ts';
import { e3, e5, otherVisio, plans, visio } from './tenant-skus.ts';

let names: LicenseNames;

beforeAll(async () => {
  names = await loadLicenseNames();
});

const tenant = [e5, e3, visio];

describe('a product', () => {
  test.each([
    ['its part number', 'SPE_E5'],
    ['its part number in other letters', 'spe e5'],
    ['its display name', 'Microsoft 365 E5'],
    ['its display name in other letters', 'microsoft  365 e5'],
    ['its id', '06ebc4ee-1bb5-47dd-8120-11324bc54e06'],
    ['its id in capitals', '06EBC4EE-1BB5-47DD-8120-11324BC54E06'],
  ])('is found by %s', (_, text) => {
    expect(resolveSku(text, tenant, names)).toBe(e5);
  });

  test.each([
    ['E5', e5],
    ['spe e3', e3],
    ['365 e3', e3],
    ['Visio', visio],
  ])('is found by whole words that only one has: %s', (text, sku) => {
    expect(resolveSku(text, tenant, names)).toBe(sku);
    expect(readAs('E5', e5, names)).toBe('"E5" was read as `SPE_E5` "Microsoft 365 E5".');
    expect(readAs('Microsoft 365 E5', e5, names)).toBeUndefined();
  });

  test('whose words several have is asked for by id', () => {
    expect(() => resolveSku('Microsoft 365', tenant, names)).toThrow('means more than one product');
  });

  test('is not guessed: a part of a word leads to the nearest candidates', () => {
    expect(() => resolveSku('E55', tenant, names)).toThrowErrorMatchingInlineSnapshot(
      `[AppError: No product of this tenant is called "E55".]`,
    );
    expect(hintOf(() => resolveSku('Microsof 365 E', tenant, names))).toContain('Nearest in this tenant:');
  });

  test('that the tenant lacks is no part of one that it has', () => {
    // "Power BI Pro" stands in the name of another product, which would be paid for.
    const longer = { ...visio, skuPartNumber: 'MY_POWER_BI_PRO_PLUS' };
    expect(() => resolveSku('Power BI Pro', [longer], names)).toThrow('no subscription to');
  });

  test('that the tenant has not bought is told by its name', () => {
    expect(() => resolveSku('POWER_BI_PRO', tenant, names)).toThrowErrorMatchingInlineSnapshot(
      `[AppError: This tenant has no subscription to \`POWER_BI_PRO\` "Power BI Pro", so it cannot be assigned.]`,
    );
    expect(() => resolveSku('f8a1db68-be16-40ed-86d5-cb42ce701560', tenant, names)).toThrow(
      '`POWER_BI_PRO` "Power BI Pro"',
    );
  });

  test('whose name two products share is asked for by id', () => {
    expect(() => resolveSku('Visio Plan 2', [visio, otherVisio], names)).toThrow('means more than one product');
    expect(hintOf(() => resolveSku('Visio Plan 2', [visio, otherVisio], names))).toContain(otherVisio.skuId);
    expect(resolveSku('VISIOCLIENT', [visio, otherVisio], names)).toBe(visio);
  });

  test('as written wins over one that differs in punctuation only', () => {
    const [plain, underscored] = ['MCOPSTN5', 'MCOPSTN_5'].map((skuPartNumber) => ({ ...e5, skuPartNumber }));
    const both = [plain, underscored].filter((sku) => sku !== undefined);
    expect(resolveSku('mcopstn5', both, names)).toBe(plain);
    expect(resolveSku('MCOPSTN_5', both, names)).toBe(underscored);
    expect(() => resolveSku('MCOPSTN 5', both, names)).toThrow('more than one product');
  });

  test.each(['', '   ', '%%%', '../users', 'x'.repeat(200)])('is not found by %j', (text) => {
    expect(() => resolveSku(text, tenant, names)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});

describe('a service plan', () => {
  test.each([
    'EXCHANGE_S_ENTERPRISE',
    'exchange_s_enterprise',
    'Exchange Online (Plan 2)',
    'Exchange Online Plan 2',
    plans.exchange.servicePlanId,
  ])('is found by %j', (text) => {
    expect(resolvePlan(text, e5, names)).toBe(plans.exchange);
  });

  test('that the product does not have leads to its plans', () => {
    expect(resolvePlan('Exchange', e5, names)).toBe(plans.exchange);
    expect(() => resolvePlan('Exchange Online Plan 3', e5, names)).toThrowErrorMatchingInlineSnapshot(
      `[AppError: \`SPE_E5\` "Microsoft 365 E5" has no service plan "Exchange Online Plan 3".]`,
    );
    expect(hintOf(() => resolvePlan('Exchange Online Plan 3', e5, names))).toMatchInlineSnapshot(
      `"Nearest plans of it: \`EXCHANGE_S_ENTERPRISE\` "Exchange Online (Plan 2)"; \`TEAMS1\` "Microsoft Teams"; \`SWAY\` "Sway"."`,
    );
  });
});

function hintOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof Error && 'hint' in error ? error.hint : undefined;
  }
  return undefined;
}
