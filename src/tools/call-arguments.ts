import { z } from 'zod';
import { isRecord } from '../core/base/guards.ts';
import { listOf, text } from './params.ts';

// What every tool accepts and none lists: `instructions` and docs/tools.md name them once for all.

/** Deadline of the call in seconds. */
const timeout = z
  .number()
  .refine((seconds) => seconds > 0 && seconds <= 3_600, 'use more than 0 and at most 3600 seconds')
  .describe('Seconds until the call gives up, at most 3600.');

const correlationId = text(/^[A-Za-z0-9._-]{1,128}$/, 'use up to 128 letters, digits, ., _ and -').describe(
  'Sent as `client-request-id` with every request of the call.',
);

/** Statuses that say nothing about the request itself: sign-in, throttling, a write that may have happened. */
const neverOutcomes = new Set([401, 408, 425, 429]);

const expectedOutcomes = listOf(z.number(), 20)
  .refine(
    (statuses) =>
      statuses.every(
        (status) => Number.isInteger(status) && status >= 300 && status <= 499 && !neverOutcomes.has(status),
      ),
    'use statuses from 300 to 499 except 401, 408, 425 and 429: those and 5xx leave open what happened',
  )
  .describe('Statuses that count as success, e.g. `[404]` on a delete.');

export const callArguments = {
  timeout: timeout.optional(),
  correlation_id: correlationId.optional(),
  expected_outcomes: expectedOutcomes.optional(),
};

/** About the call itself, whatever the tool. */
export type CallArguments = z.output<z.ZodObject<typeof callArguments>>;

/** A strict schema that accepts them as well. Making it takes a while: make it once. */
export function withCallArguments(input: z.ZodType): z.ZodType {
  return input instanceof z.ZodObject ? input.extend(callArguments) : input;
}

/** Takes them off arguments that were parsed: handlers see their own ones only. */
export function splitCallArguments(parsed: unknown): { readonly own: unknown; readonly forCall: CallArguments } {
  if (!isRecord(parsed)) return { own: parsed, forCall: {} };
  const { timeout, correlation_id, expected_outcomes, ...own } = parsed;
  // They were parsed by the schemas above.
  return { own, forCall: { timeout, correlation_id, expected_outcomes } as CallArguments };
}
