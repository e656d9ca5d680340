import { z } from 'zod';
import { exchangeAudience } from '../../auth/federated-token.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Cloud } from '../../base/clouds.ts';
import { invalidArgument } from '../../base/errors.ts';
import { isPlainLine } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { scopePath } from '../../identities/role-assignments.ts';
import {
  type ConnectionIdentity,
  type ConnectionRecord,
  connectionNameSchema,
  identitySchema,
  parseInput,
  type ScopeLevel,
} from '../../record/connection.ts';
import { missingOf } from '../../record/requirements.ts';
import { azureScopeOf } from '../checks/azure-scope.ts';
import type { CreateConnection, ProvisionConnection } from '../connection-service.ts';
import type { FederationTrust } from '../conversion/federation-trust.ts';
import { requireFederation } from '../conversion/issuers.ts';

/** The checked goal of a provisioning. */
export interface ProvisioningPlan {
  readonly name: string;
  readonly displayName: string;
  readonly record: CreateConnection;
  /** Without tenant and app. */
  readonly identity: ConnectionIdentity;
  /** Present when the app trusts another issuer instead of having a secret. */
  readonly trust: FederationTrust | undefined;
  readonly secretDays: number;
  readonly roles: readonly { readonly role: string; readonly scope: string }[];
  readonly serviceManagementReference: string | undefined;
}

const defaultSecretDays = 180;
const mostRoles = 20;

const line = (most: number) =>
  z
    .string()
    .refine(
      (text) => text.trim() !== '' && text.length <= most && isPlainLine(text),
      `use 1 to ${most} characters on one line, all of them visible`,
    );

const inputSchema = z.object({
  name: connectionNameSchema,
  display_name: line(120).optional(),
  credential: z.enum(['federated', 'secret']),
  secret_days: z.int('use a whole number of days').min(1, 'use 1 to 730 days').max(730, 'use 1 to 730 days').optional(),
  roles: z
    .array(z.object({ role: line(200), scope: line(2_000).optional() }))
    .max(mostRoles, `use at most ${mostRoles} roles`),
  service_management_reference: line(128).optional(),
});

/** Refuses everything that can be refused without a request. */
export function planProvisioning(
  input: ProvisionConnection,
  admin: Pick<ConnectionRecord, 'cloud' | 'identity'>,
  cloud: Cloud,
  call: CallContext,
): ProvisioningPlan {
  const { name, display_name, credential, secret_days, roles, service_management_reference } = parseInput(
    inputSchema,
    withoutUndefined(input),
  );
  const scopeLevel = input.scope_level ?? 'subscription';
  const identity = readIdentity(input, scopeLevel, admin.identity);
  if (credential === 'federated' && secret_days !== undefined) {
    throw invalidArgument(
      'secret_days goes with credential secret only.',
      'Leave it out: a federated credential does not expire.',
    );
  }
  const displayName = display_name ?? `tenantry-${name}`;
  return {
    name,
    displayName,
    identity,
    trust: readTrust(input, cloud, call),
    secretDays: secret_days ?? defaultSecretDays,
    roles: placeRoles(roles, scopeLevel, identity),
    serviceManagementReference: service_management_reference,
    record: {
      name,
      cloud: admin.cloud,
      auth_type: credential === 'federated' ? 'workload_identity' : 'azure',
      scope_level: scopeLevel,
      // Only Azure roles are assigned; permissions in Microsoft Graph need an administrator's consent.
      scopes: input.scopes ?? ['resources'],
      ...(input.access === undefined ? {} : { access: input.access }),
    },
  };
}

/** Fields of a scope level other than the chosen one. */
const levelOfField = {
  management_group_id: 'management_group',
  resource_group: 'ml_workspace',
  workspace_name: 'ml_workspace',
} as const;

function readIdentity(
  { subscription_id, management_group_id, resource_group, workspace_name }: ProvisionConnection,
  level: ScopeLevel,
  admin: ConnectionIdentity,
): ConnectionIdentity {
  const named = withoutUndefined({ subscription_id, management_group_id, resource_group, workspace_name });
  for (const [field, itsLevel] of Object.entries(levelOfField)) {
    if (field in named && itsLevel !== level) {
      throw invalidArgument(
        `${field} does not go with scope_level ${level}.`,
        `Pass scope_level: ${itsLevel}, or leave ${field} out.`,
      );
    }
  }
  const { subscription_id: inherited } = admin;
  const identity = withoutUndefined({ subscription_id: inherited, ...parseInput(identitySchema, named) });
  const complete = { tenant_id: 'known', client_id: 'known', ...identity };
  const missing = missingOf({
    auth_type: 'workload_identity',
    scope_level: level,
    identity: complete,
    secrets: [],
  });
  if (missing.length > 0) {
    throw invalidArgument(`scope_level ${level} needs ${missing.join(', ')}.`, `Pass ${missing.join(', ')}.`);
  }
  return identity;
}

function readTrust(
  { credential, federated }: ProvisionConnection,
  cloud: Cloud,
  call: CallContext,
): FederationTrust | undefined {
  if (credential === 'secret') {
    if (federated !== undefined) {
      throw invalidArgument(
        'federated does not go with credential secret.',
        'Pass credential: federated, or leave federated out.',
      );
    }
    return undefined;
  }
  if (federated === undefined) {
    throw invalidArgument(
      'credential federated needs federated.',
      'Pass federated: {issuer, subject} of the tokens to trust.',
    );
  }
  const { issuer, subject, audience = exchangeAudience(cloud) } = federated;
  const trust = { issuer, subject, audience };
  requireFederation(trust, call.note);
  return trust;
}

function placeRoles(
  roles: readonly { readonly role: string; readonly scope?: string | undefined }[],
  level: ScopeLevel,
  identity: ConnectionIdentity,
): ProvisioningPlan['roles'] {
  const usual = azureScopeOf({ scope_level: level, identity })?.path;
  const placed = roles.map(({ role, scope = usual }) => {
    if (scope === undefined) {
      throw invalidArgument(`The role ${role} has no scope.`, 'Pass its scope, or subscription_id.');
    }
    // Only checked here; it is encoded later.
    scopePath(scope);
    return { role: role.trim(), scope: scope.replace(/\/$/, '') };
  });
  const keys = placed.map(({ role, scope }) => `${role} ${scope}`.toLowerCase());
  return placed.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}
