import { isRecord, textOf } from '../../base/guards.ts';
import type { ErrorReading, FailedAnswer } from '../../http/api-descriptor.ts';

/** What a failed answer of Azure DevOps means, and the next step. No failure that a rule knows is worth another try. */
export function classifyDevOpsError(failure: FailedAnswer): ErrorReading {
  const message = messageOf(failure);
  const described = { ...failure, message };
  const said = message === failure.message ? {} : { said: message };
  if (failure.status === 429) return said;
  const rule = findRule(described);
  const reading = typeof rule?.reading === 'function' ? rule.reading(described) : rule?.reading;
  return { ...byStatus[failure.status], ...(rule && { retryable: false }), ...reading, ...said };
}

/** A 500 that names its reason, such as a name that is taken: nothing was made, and another attempt would fail too. */
export function isFinalDevOpsFailure(failure: FailedAnswer): boolean {
  return failure.status === 500 && findRule({ ...failure, message: messageOf(failure) }) !== undefined;
}

/** Framework errors come as `{ count, value: { Message } }`. */
function messageOf({ message, body }: FailedAnswer): string {
  const inner = isRecord(body) && isRecord(body['value']) ? textOf(body['value']['Message']) : '';
  return message || inner;
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

/** A kind of failure: the service's name of it (`typeKey`), or words of its message where that name says less. */
interface DevOpsErrorRule {
  readonly typeKey?: readonly string[];
  readonly message?: RegExp;
  readonly reading: ErrorReading | ((failure: FailedAnswer) => ErrorReading);
}

const membershipHint =
  'Add the identity to the organization (Organization settings > Users) and to the project; a personal access token needs the scope of what is asked for. validate_connection shows what it reaches.';

function refusal({ message }: FailedAnswer): ErrorReading {
  if (/endpoint.{0,40}\b(?:creator|administrator|administer|user)\b|serviceendpoint/i.test(message)) {
    return {
      code: 'permission_denied',
      hint: 'Give the identity the role Creator or Administrator: Project settings > Service connections > Security. A personal access token needs the scope Service Connections (Read, query, & manage).',
    };
  }
  return { code: 'permission_denied', hint: membershipHint };
}

/**
 * Failures whose meaning the status does not tell, the more specific ones first. None of them goes away by itself.
 */
const devopsErrorRules: readonly DevOpsErrorRule[] = [
  {
    typeKey: ['DuplicateServiceConnectionException'],
    reading: {
      code: 'conflict',
      hint: 'Choose another name, or find the connection with list_service_connections; one that failed, or that this identity may not see, keeps its name too.',
    },
  },
  {
    typeKey: ['AadAccessSilentException'],
    message: /valid refresh token was not found|Failed to obtain the Json Web Token/i,
    reading: {
      code: 'unsupported',
      hint: 'Azure DevOps makes an app registration only for a person. Let create_service_connection make it (automatic), or name an app registration or a managed identity that exists.',
    },
  },
  {
    message: /neither an upgrade or a downgrade/i,
    reading: {
      code: 'conflict',
      hint: 'The connection has this scheme already; list_service_connections shows it. There is nothing to convert.',
    },
  },
  {
    message: /Unable to find service connection type/i,
    reading: {
      code: 'invalid_argument',
      hint: 'The organization has no such type of service connection, or the type has no such scheme: azurerm takes WorkloadIdentityFederation, ServicePrincipal, ManagedServiceIdentity and PublishProfile.',
    },
  },
  {
    typeKey: ['ProjectDoesNotExistWithNameException', 'ProjectDoesNotExistException'],
    message: /\b(?:TF200016|VS800075)\b/,
    reading: {
      code: 'not_found',
      hint: 'Check the name of the project; a project that the identity is not a member of looks the same.',
    },
  },
  {
    message: /\bTF401019\b/,
    reading: {
      code: 'not_found',
      hint: 'Check the name; what the identity may not read looks the same.',
    },
  },
  {
    typeKey: ['AccessCheckException', 'UnauthorizedRequestException', 'AccessDeniedException'],
    message: /\bTF400813\b.*'[^']+'|\bTF50309\b/,
    reading: refusal,
  },
  {
    typeKey: ['VssInvalidPreviewVersionException', 'VssVersionNotSpecifiedException', 'VssVersionOutOfRangeException'],
    reading: {
      code: 'invalid_argument',
      hint: 'Use api-version 7.1, or 7.1-preview for what has no released version yet.',
    },
  },
  {
    typeKey: ['ServiceEndpointNotFoundException'],
    reading: { code: 'not_found', hint: 'list_service_connections shows the existing ones.' },
  },
  {
    typeKey: [
      'ArgumentException',
      'ArgumentNullException',
      'ArgumentOutOfRangeException',
      'InvalidArgumentValueException',
      'InvalidServiceEndpointRequestException',
      'VssPropertyValidationException',
    ],
    reading: { code: 'invalid_argument' },
  },
  {
    typeKey: ['ServiceEndpointException'],
    reading: ({ status }) => ({
      code: status === 400 ? 'invalid_argument' : 'upstream_error',
      hint: 'Compare scheme, scope level, subscription and app of the service connection with what exists; the same request would be refused again.',
    }),
  },
];

const rulesByKey: ReadonlyMap<string, DevOpsErrorRule> = new Map(
  devopsErrorRules.flatMap((rule) => (rule.typeKey ?? []).map((key) => [key.toLowerCase(), rule])),
);

/** The rule for a failure: by its words first, since one `typeKey` stands for many things. */
function findRule({ code, message }: Pick<FailedAnswer, 'code' | 'message'>): DevOpsErrorRule | undefined {
  return devopsErrorRules.find((rule) => rule.message?.test(message) === true) ?? rulesByKey.get(code.toLowerCase());
}
