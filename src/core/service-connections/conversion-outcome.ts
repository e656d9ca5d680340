import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { Obstacle } from './convertibility.ts';
import { readText } from './endpoint-texts.ts';
import type { Endpoint } from './endpoints.ts';
import type { ConversionOutcome } from './service-connection.ts';

/** `scheme`: that of the endpoint unless given; null when it is not known. */
export function outcomeOf(
  endpoint: Endpoint,
  outcome: ConversionOutcome['outcome'],
  obstacle: Obstacle | undefined = undefined,
  scheme: string | null = endpoint.authorization.scheme,
): ConversionOutcome {
  return withoutUndefined({
    id: endpoint.id,
    name: endpoint.name,
    outcome,
    scheme: scheme ?? undefined,
    reason: obstacle?.reason,
    hint: obstacle?.hint,
    revert_deadline: scheme === null ? undefined : readText(endpoint.data, 'revertSchemeDeadline'),
  });
}

/** A failure as the reason of an outcome. */
export function told(error: unknown): Obstacle {
  if (!(error instanceof AppError)) return { reason: 'An unexpected failure.' };
  return { reason: error.message, ...hintOf(error) };
}

export function hintOf({ hint }: AppError): { hint?: string } {
  return hint === undefined ? {} : { hint };
}
