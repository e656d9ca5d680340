import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import { explainLicenseRefusal } from '../../../src/core/licensing/explain-license-refusal.ts';
import { type LicenseNames, loadLicenseNames } from '../../../src/core/licensing/license-names.ts';
import { e3, e5, plans } from './tenant-skus.ts';

let names: LicenseNames;

beforeAll(async () => {
  names = await loadLicenseNames();
});

function explain(message: string, usageLocationSet?: string): AppError {
  const error = new AppError('upstream_error', message, { status: 400, upstream: { code: 'Request_BadRequest' } });
  const facts = { tenantSkus: [e5, e3], names, involved: [e5, e3], ...(usageLocationSet ? { usageLocationSet } : {}) };
  return explainLicenseRefusal(error, facts) as AppError;
}

test('a missing dependency names the plans', () => {
  const { sway, exchange } = plans;
  const error = explain(
    `License assignment failed because service plan ${sway.servicePlanId} depends on the service plan(s) ${exchange.servicePlanId}`,
  );
  expect([error.code, error.message, error.hint]).toMatchInlineSnapshot(`
    [
      "conflict",
      "License assignment failed because service plan SWAY (a23b959c-7ce8-4e57-9140-b90eb88a9e97) depends on the service plan(s) EXCHANGE_S_ENTERPRISE (efb87545-963c-4e0d-99df-69c6916d9eb0).",
      "One of these plans needs another one: \`SWAY\` of \`SPE_E5\`, \`SPE_E3\`; \`EXCHANGE_S_ENTERPRISE\` of \`SPE_E5\`, \`SPE_E3\`. Take the needed one out of disabled_plans, disable both, or add a product that brings it.",
    ]
  `);
});

test('plans that exclude each other name the products that bring them', () => {
  const { sway, teams } = plans;
  const error = explain(
    `License assignment failed because service plans ${sway.servicePlanId}, ${teams.servicePlanId} are mutually exclusive.`,
  );
  expect(error.hint).toMatchInlineSnapshot(
    `"These plans exclude each other: \`SWAY\` of \`SPE_E5\`, \`SPE_E3\`; \`TEAMS1\` of \`SPE_E5\`, \`SPE_E3\`. Name one of them in disabled_plans, or put one of the products into remove in the same call."`,
  );
});

test('a usage location that was set before the refusal is told', () => {
  expect(explain('Something else.', 'DE')).toMatchObject({
    code: 'upstream_error',
    message: 'Something else. The usage location was set to DE before that.',
    status: 400,
  });
});

test('failures that are not about licences pass unchanged', () => {
  const error = new AppError('throttled', 'Too many requests.', { retryAfterMs: 3_000 });
  const facts = { tenantSkus: [], names, involved: [] };
  expect(explainLicenseRefusal(error, facts)).toBe(error);
  const bug = new TypeError('x');
  expect(explainLicenseRefusal(bug, facts)).toBe(bug);
});
