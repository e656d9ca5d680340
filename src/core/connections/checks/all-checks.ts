import { invalidArgument } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { ValidationCheck } from './check.ts';
import { dataPlaneCheck } from './data-plane.ts';
import { devopsCheck } from './devops.ts';
import { expiryCheck } from './expiry.ts';
import { graphRolesCheck } from './graph-roles.ts';
import { roleAssignmentsCheck } from './role-assignments.ts';
import { clockCheck, identityCheck, tokenCheck } from './sign-in.ts';
import { subscriptionCheck } from './subscription.ts';

/** In the order in which they run: later ones use what earlier ones found. */
const validationChecks: readonly ValidationCheck[] = [
  tokenCheck,
  identityCheck,
  clockCheck,
  graphRolesCheck,
  subscriptionCheck,
  roleAssignmentsCheck,
  dataPlaneCheck,
  expiryCheck,
  devopsCheck,
];

/** Names that `checks` may hold. */
export const validationCheckNames: readonly string[] = validationChecks.map(({ name }) => name);

/** The checks to run. Those that look at a token bring the token check along. */
export function selectChecks(names: readonly string[] | undefined): readonly ValidationCheck[] {
  if (names === undefined || names.length === 0) return validationChecks;
  for (const name of names) {
    if (!validationCheckNames.includes(name)) {
      throw invalidArgument(
        'checks names a check that does not exist.',
        `${didYouMean(name, validationCheckNames)}Valid checks: ${validationCheckNames.join(', ')}.`,
      );
    }
  }
  return validationChecks.filter(({ name }) => name === tokenCheck.name || names.includes(name));
}
