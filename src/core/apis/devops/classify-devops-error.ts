import type { ErrorReading, FailedAnswer } from '../../http/api-descriptor.ts';
import { findRule } from './devops-error-rules.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Framework errors come as `{ count, value: { Message } }`. */
function messageOf({ message, body }: FailedAnswer): string {
  const inner = fieldsOf(fieldsOf(body)['value'])['Message'];
  return message === '' && typeof inner === 'string' ? inner : message;
}

const byStatus: Readonly<Record<number, ErrorReading>> = {
  400: { code: 'invalid_argument' },
  401: {
    hint: 'Add the identity (a service principal too) to the organization under Organization settings > Users; a personal access token may have expired, be for another organization, or lack the scope.',
  },
  403: {
    hint: 'Give the identity the rights in the project; a personal access token needs the scope of what is asked for.',
  },
  404: { hint: 'Check organization, project and id; what the identity may not see looks the same.' },
};

/**
 * A 500 that names its reason: nothing was made, and another attempt ends alike. Names that are taken come as one.
 */
export function isFinalDevOpsFailure(failure: FailedAnswer): boolean {
  return failure.status === 500 && findRule({ ...failure, message: messageOf(failure) }) !== undefined;
}

/** What a failed answer of Azure DevOps means, and the next step. */
export function classifyDevOpsError(failure: FailedAnswer): ErrorReading {
  const message = messageOf(failure);
  const described = { ...failure, message };
  const said = message === failure.message ? {} : { message };
  if (failure.status === 429) return said;
  const rule = findRule(described);
  const reading = typeof rule?.reading === 'function' ? rule.reading(described) : rule?.reading;
  return { ...byStatus[failure.status], ...reading, ...said };
}
