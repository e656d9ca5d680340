import { type ArmError, type ArmErrorDetail, badRequest } from '../arm-error.ts';

/** 400 of the service for a body or a name that it does not take; `details` name the fields. */
export function validationError(problems: readonly (readonly [target: string, message: string])[]): ArmError {
  const details: readonly ArmErrorDetail[] = problems.map(([target, message]) => ({
    code: 'ValidationError',
    message,
    target,
  }));
  return badRequest('ValidationError', 'The request is invalid.', { details });
}
