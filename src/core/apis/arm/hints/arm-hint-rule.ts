import type { ErrorReading } from '../../../http/api-descriptor.ts';
import type { ArmError, ArmErrorPart } from '../read-arm-error.ts';

/** A failure as the rules see it. */
export interface ArmFailure {
  readonly error: ArmError;
  /** The level of the error that the rule is for. */
  readonly part: ArmErrorPart;
  /** Path of the request, in the case of the caller; empty when it is not known. */
  readonly path: string;
}

/** A documented code, at whatever depth it comes, and what to tell about it. */
export interface ArmHintRule {
  readonly code: string | readonly string[];
  readonly reading: ErrorReading | ((failure: ArmFailure) => ErrorReading);
}
