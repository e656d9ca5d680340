import { roleFor } from '../roles.ts';
import type { ArmHintRule } from './arm-hint-rule.ts';

/** What a refusal says in its message; the parts that are there. */
interface Refusal {
  readonly objectId?: string;
  readonly action?: string;
  readonly scope?: string;
}

function readRefusal(message: string): Refusal {
  const objectId = /object id '([^']+)'/i.exec(message)?.[1];
  const action = /perform action\(?s?\)? '([^']+)'/i.exec(message)?.[1];
  const scope = /(?:over scope|on the linked scope\(s\)|over scope\(s\)) '([^']+)'/i.exec(message)?.[1];
  return {
    ...(objectId === undefined ? {} : { objectId }),
    ...(action === undefined ? {} : { action }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function grantHint(message: string): string {
  const { objectId, action, scope } = readRefusal(message);
  if (action === undefined) {
    return 'Give the principal a role with the missing action; validate_connection lists what it has.';
  }
  const role = roleFor(action);
  const where = scope ?? 'the scope';
  const command =
    objectId === undefined || scope === undefined
      ? ''
      : `: az role assignment create --assignee-object-id ${objectId} --role "${role}" --scope "${scope}"`;
  return `The action ${action} at ${where} is missing; ${role} has it${command}. A new assignment may take ten minutes.`;
}

function policyNames(infos: readonly { readonly type: string; readonly info: unknown }[]): string[] {
  return infos
    .filter(({ type }) => type === 'PolicyViolation')
    .map(({ info }) => (typeof info === 'object' && info !== null ? (info as Readonly<Record<string, unknown>>) : {}))
    .map((info) => {
      const { policyAssignmentDisplayName, policyDefinitionDisplayName, policyAssignmentName } = info;
      const names = [policyDefinitionDisplayName, policyAssignmentDisplayName, policyAssignmentName];
      return names.filter((name) => typeof name === 'string' && name !== '').join(' / ');
    })
    .filter((text) => text !== '');
}

/** Refusals: roles, policies, locks, tokens. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting */
export const accessHints: readonly ArmHintRule[] = [
  {
    code: ['AuthorizationFailed', 'LinkedAuthorizationFailed'],
    reading: ({ part }) => ({ code: 'permission_denied', hint: grantHint(part.message) }),
  },
  {
    code: ['RequestDisallowedByPolicy', 'RequestDisallowedByAzure'],
    reading: ({ error }) => {
      const names = policyNames(error.additionalInfo);
      const which = names.length === 0 ? 'A policy' : `The policy ${names.join(', ')}`;
      return {
        code: 'permission_denied',
        hint: `${which} forbids this: change the request to comply, or ask its owner for an exemption.`,
      };
    },
  },
  {
    code: 'ScopeLocked',
    reading: ({ part }) => {
      const lock = /following scope\(s\) are locked: '([^']+)'/i.exec(part.message)?.[1];
      const where = lock === undefined ? 'the scope' : lock;
      return {
        code: 'conflict',
        hint: `Remove the lock at ${where} if that is allowed (GET ${where}/providers/Microsoft.Authorization/locks shows it), then call again.`,
        retryable: false,
      };
    },
  },
  {
    code: 'RoleAssignmentUpdateNotPermitted',
    reading: {
      hint: 'Principal, role and scope of an assignment cannot change: delete it and create one under a new GUID.',
    },
  },
  {
    code: 'RoleAssignmentExists',
    reading: {
      code: 'conflict',
      hint: 'The principal has this role at this scope already, under another name: nothing is left to do.',
    },
  },
  {
    code: 'PrincipalNotFound',
    reading: {
      hint: 'A principal made a moment ago is not known everywhere: pass principalType, and call again in a minute.',
      retryable: true,
    },
  },
  {
    code: ['InvalidAuthenticationTokenAudience', 'InvalidAuthenticationTokenTenant'],
    reading: {
      code: 'unauthenticated',
      hint: 'The token is for another service or tenant: check cloud and tenant_id of the connection with validate_connection.',
    },
  },
  {
    code: 'SubscriptionNotFound',
    reading: {
      hint: 'Check the subscription id and that the principal has a role in it; GET /subscriptions lists those it can see.',
    },
  },
];
