import { AppError, type ErrorCode } from '../core/base/errors.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { ToolContext, ToolDefinition } from '../tools/define-tool.ts';

/** What a caller can foresee about an object. Every other failure leaves open what happened, or is a rule of ours. */
const foreseeable: ReadonlySet<ErrorCode> = new Set([
  'not_found',
  'conflict',
  'precondition_failed',
  'permission_denied',
  'invalid_argument',
  'upstream_error',
]);

/** Runs the work of a tool; a failure with a status that the caller expects is an answer without data. */
export async function orExpected(
  { name, takesOutcomes = false }: ToolDefinition,
  { expectedOutcomes, call }: ToolContext,
  work: () => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  if (expectedOutcomes === undefined) return work();
  if (!takesOutcomes) {
    call.note(`expected_outcomes has no meaning for ${name}: it was ignored.`);
    return work();
  }
  try {
    return await work();
  } catch (error) {
    const status = statusForeseen(error);
    if (!(error instanceof AppError) || status === undefined || !expectedOutcomes.includes(status)) throw error;
    call.note(`${status} counts as success, as expected_outcomes says: ${error.message}`);
    return { status, data: null };
  }
}

/** The status of a service; that something is not there, Tenantry also finds out by itself. */
function statusForeseen(error: unknown): number | undefined {
  if (!(error instanceof AppError) || !foreseeable.has(error.code)) return undefined;
  return error.status ?? (error.code === 'not_found' ? 404 : undefined);
}
