import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import type { ConnectionReport } from '../../../src/core/results/tool-outcome.ts';
import { allFailed, fittingReports } from '../../../src/tools/several/connection-reports.ts';

const healthy = (name: string): ConnectionReport => ({ name, tenant: `${name}.example`, count: 5 });
const failing = (name: string, message: string): ConnectionReport => ({
  ...healthy(name),
  count: 0,
  complete: false,
  error: { code: 'permission_denied', message, hint: 'Grant User.Read.All.' },
});

const bytesOf = (reports: readonly ConnectionReport[]) => Buffer.byteLength(JSON.stringify(reports));

test('reports that fit are told in full', () => {
  const reports = [healthy('contoso'), failing('fabrikam', 'No.'), failing('adatum', 'No.')];
  expect(fittingReports(reports, bytesOf(reports))).toEqual(reports);
});

test('a sentence that stands there already goes first, and then the ends of long ones', () => {
  const reports = [failing('fabrikam', 'No.'), failing('adatum', 'No.'), failing('litware', 'x'.repeat(2_000))];
  const fitting = fittingReports(reports, 900);
  expect(bytesOf(fitting)).toBeLessThanOrEqual(900);
  expect(fitting[0]?.error).toEqual({ code: 'permission_denied', message: 'No.', hint: 'Grant User.Read.All.' });
  expect(fitting[1]?.error).toEqual({ code: 'permission_denied' });
  expect(fitting[2]?.error?.message).toMatch(/^x+…$/);
});

test('64 failures in words of their own keep their codes, and what is missing is named to the last', () => {
  const reports = Array.from({ length: 64 }, (_, index) => failing(`customer-${index}`, `${index}`.repeat(500)));
  const fitting = fittingReports([healthy('contoso'), ...reports], 6_500);
  expect(bytesOf(fitting)).toBeLessThanOrEqual(6_500);
  expect(fitting.filter(({ complete }) => complete === false)).toHaveLength(64);
  expect(fitting.at(-1)).toMatchObject({ name: 'customer-63', error: { code: 'permission_denied' } });
});

test('the error of all is short, however many there are', () => {
  const failures = Array.from({ length: 64 }, (_, index) => ({
    name: `customer-${index}`,
    error: new AppError(index === 0 ? 'throttled' : 'not_found', 'x'.repeat(3_000), {
      retryAfterMs: 1_000 * (index + 1),
    }),
  }));
  const { code, message, retryAfterMs } = allFailed(failures);
  expect(code).toBe('upstream_error');
  expect(message.length).toBeLessThan(3_000);
  expect(message).toMatch(/59 more failed\.$/);
  expect(retryAfterMs).toBe(1_000);
});
