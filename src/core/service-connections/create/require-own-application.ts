import { readClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import type { Application, FederatedCredential } from '../../identities/identities.ts';
import { isOwnFederation } from '../own-federation.ts';
import { readConnectionData } from './connection-data.ts';
import type { OwnApplicationOptions } from './own-application.ts';

/**
 * The name under which an app is found again can be known beforehand, and whoever may register apps may take it. So an app
 * that was there gets a role and trust only where nobody else owns it, and nothing but service connections of the
 * organization can sign in as it. Throws `conflict` otherwise.
 */
export async function requireOwnApplication(
  application: Application,
  { scope, parts }: OwnApplicationOptions,
  call: CallContext,
): Promise<void> {
  const { identities, tokens, cloud, devops } = parts;
  const { owners, secrets } = await identities.readApplicationAccess(application.id, call);
  const { token } = await tokens.getToken({ audience: tokenAudience(cloud, 'graph'), signal: call.signal });
  const ourselves = readClaims(token)?.objectId;
  if (owners.some((owner) => owner !== ourselves)) throw notOurs(application, 'somebody else owns it');
  if (secrets > 0) throw notOurs(application, 'it has secrets or certificates');
  const parent = { kind: 'application', objectId: application.id } as const;
  const credentials = await identities.listFederatedCredentials(parent, call);
  if (credentials.length === 0) return;
  const organization = devops.organizationOf(scope);
  const { organizationId } = await readConnectionData(devops, organization, call);
  const isOfOrganization = ({ name, issuer, subject }: FederatedCredential) => {
    const id = /^azure-devops-(.+)$/.exec(name)?.[1] ?? '';
    return isOwnFederation(issuer, subject, { id, organization, organizationId, login: cloud.login });
  };
  if (!credentials.every(isOfOrganization)) throw notOurs(application, 'it trusts others than the service connection');
}

function notOurs({ appId, displayName }: Application, why: string): AppError {
  return new AppError(
    'conflict',
    `There is an app registration for this service connection already (client id ${appId}), and ${why}: it was given neither a role nor trust.`,
    {
      hint: `Look at it in Entra ID > App registrations. If it is yours, pass client_id: ${appId} instead of automatic; otherwise delete it there, or choose another name.`,
      detail: { client_id: appId, display_name: displayName },
    },
  );
}
