import type { ValidationCheck } from './check.ts';
import { skipLine } from './check-lines.ts';

/** Reachability of the DevOps organization: told where the scopes ask for it, since this version cannot look. */
export const devopsCheck: ValidationCheck = {
  name: 'devops',
  async run({ record }) {
    return record.scopes.includes('devops')
      ? [skipLine('devops', 'Not checked: this version does not look at whether the DevOps organization is reachable.')]
      : [];
  },
};
