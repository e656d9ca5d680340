import { describe, expect, test } from 'vitest';
import { AppError, cancelled } from '../../../../src/core/base/errors.ts';
import { interrupted } from '../../../../src/core/connections/provisioning/provision-connection.ts';

const made = { connection: 'fresh', role_assignments: [] };
const running = new AbortController().signal;

describe('a provisioning that ends half-way', () => {
  test('by the end of its time says so, with what exists', () => {
    const signal = AbortSignal.abort(
      new AppError('timeout', 'The call was not done within 300 s.', { retryable: true }),
    );

    expect(interrupted(cancelled(), made, signal)).toMatchObject({
      code: 'timeout',
      message: 'The call was not done within 300 s. Made so far: the connection fresh.',
      retryable: true,
      detail: { exists: made, to_remove: ['delete_connection fresh'] },
    });
  });

  test('keeps what the failure says about itself', () => {
    const failure = new AppError('throttled', 'Too many', {
      hint: 'Wait',
      status: 429,
      retryAfterMs: 5_000,
      retryable: true,
      upstream: { code: 'TooManyRequests' },
      detail: { field: 'x' },
    });

    expect(interrupted(failure, made, running)).toMatchObject({
      code: 'throttled',
      status: 429,
      retryAfterMs: 5_000,
      retryable: true,
      upstream: { code: 'TooManyRequests' },
      hint: expect.stringMatching(/^Wait\. Then call provision_connection again/),
      detail: { field: 'x', exists: made },
    });
  });

  test('by a mistake of ours stays what it is', () => {
    const bug = new TypeError('x');

    expect(interrupted(bug, made, running)).toBe(bug);
  });

  test('names everything to remove, roles before the app that they are of', () => {
    const full = {
      connection: 'fresh',
      application: { object_id: 'app-1', client_id: 'client-1', created: true },
      service_principal: { object_id: 'principal-1', created: true },
      role_assignments: [{ id: '/subscriptions/s/x', role: 'Reader', scope: '/subscriptions/s', created: true }],
      credential: { kind: 'client secret', name: 'tenantry-fresh', created: true },
    };

    expect(interrupted(cancelled(), full, running)).toMatchObject({
      code: 'cancelled',
      message: expect.stringContaining(
        'the connection fresh, the app `client-1`, its principal `principal-1`, `Reader` at `/subscriptions/s`, the client secret `tenantry-fresh`.',
      ),
      detail: {
        to_remove: [
          'arm_write DELETE /subscriptions/s/x',
          'graph_write DELETE /applications/app-1',
          'delete_connection fresh',
        ],
      },
    });
  });
});
