import { createHash } from 'node:crypto';
import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import { isGuid } from '../../base/guid.ts';
import type { MadeSoFar } from '../../identities/made-so-far.ts';
import type { Project, ProjectScope } from '../endpoints.ts';
import type { ServiceConnectionParts } from '../service-connection-parts.ts';
import type { ResolvedIdentity } from './connection-identity.ts';
import { type ConnectionPlan, scopeOf } from './connection-plan.ts';
import { requireOwnApplication } from './require-own-application.ts';

export interface OwnApplicationOptions {
  readonly plan: ConnectionPlan;
  readonly scope: ProjectScope;
  readonly project: Project;
  readonly parts: ServiceConnectionParts;
}

const longestDisplayName = 120;

/** Names of the app that stands for a connection: organization, project and name give the same app, however often asked for. */
function applicationNames({ plan: { name }, scope, project, parts: { devops } }: OwnApplicationOptions): {
  readonly uniqueName: string;
  readonly displayName: string;
} {
  const organization = devops.organizationOf(scope);
  const key = [organization, project.id, name].map((part) => part.toLowerCase()).join('\n');
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return {
    uniqueName: `tenantry-service-connection-${digest}`,
    displayName: `${organization}-${project.name}-${name}`.slice(0, longestDisplayName).toWellFormed(),
  };
}

/** Client id of the app that an earlier call made for the connection. */
export async function findOwnApplication(
  options: OwnApplicationOptions,
  call: CallContext,
): Promise<string | undefined> {
  const { uniqueName } = applicationNames(options);
  return (await options.parts.identities.findApplication({ uniqueName }, call))?.appId.toLowerCase();
}

/** Role that Azure DevOps gives to the apps that it makes. */
const role = 'Contributor';

/**
 * What Azure DevOps does for a person, done by us: app registration, service principal, and a role at the scope. Each is
 * found again when it is there. The role comes before the service connection: it is what most callers may not do.
 */
export async function ensureOwnApplication(
  options: OwnApplicationOptions,
  tenantId: string,
  made: MadeSoFar,
  call: CallContext,
): Promise<ResolvedIdentity> {
  const { plan, parts } = options;
  const { identities, connection } = parts;
  const own = connection.identity.tenant_id?.toLowerCase();
  if (own !== undefined && isGuid(own) && own !== tenantId) {
    throw new AppError('invalid_argument', 'tenant_id: apps are made in the tenant of the connection.', {
      hint: 'Leave tenant_id out, or use a connection of that tenant.',
    });
  }
  const { serviceManagementReference } = plan;
  const wanted = { ...applicationNames(options), serviceManagementReference };
  const application = await identities.ensureApplication(wanted, call);
  if (!application.isNew) await requireOwnApplication(application.value, options, call);
  const { id, appId, displayName } = application.value;
  made.add('application', `the app registration ${displayName} (client id ${appId})`);
  const principal = await identities.ensureServicePrincipal(appId, call);
  made.add('principal', `its service principal ${principal.value}`);
  const scope = scopeOf(plan.target);
  const assignment = await identities.ensureRoleAssignment({ principalId: principal.value, role, scope }, call);
  made.add('role', `its role ${role} at ${scope}`);
  call.note(
    `Azure DevOps makes apps for people only, so Tenantry ${application.isNew ? 'made' : 'used'} the app registration ${displayName} (client id ${appId}) with the role ${role} at ${scope}. It is yours: deleting the service connection leaves it.`,
  );
  return {
    tenantId,
    clientId: appId.toLowerCase(),
    principalId: principal.value,
    isAutomatic: false,
    parent: { kind: 'application', objectId: id },
    hasNewRole: assignment.isNew,
  };
}
