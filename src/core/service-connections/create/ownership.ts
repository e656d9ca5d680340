import { z } from 'zod';
import type { DevOpsApi } from '../../apis/devops/devops-api.ts';
import { readClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import type { Application, FederatedCredential, FederatedParent } from '../../identities/identities.ts';
import { readAnswer } from '../../identities/unexpected-answer.ts';
import type { Endpoint } from '../endpoint.ts';
import { isOwnFederation } from '../endpoint.ts';
import type { Creation } from './creation.ts';
import { nameTaken } from './ensure-endpoint.ts';

/**
 * The name under which an app is found again can be known beforehand, and whoever may register apps may take it. So an app
 * that was there gets a role and trust only where nobody else owns it, and nothing but service connections of the
 * organization can sign in as it. Throws `conflict` otherwise.
 */
export async function requireOwnApplication(application: Application, { scope, parts, call }: Creation): Promise<void> {
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
    return isOwnFederation({ issuer, subject }, { id, organization, organizationId, login: cloud.login });
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

const creatorSchema = z.object({ createdBy: z.object({ id: z.string() }) });

/**
 * Whoever makes a service connection administers it, and can let any pipeline use it. So one that was there gets trust of
 * an app only where we have made it; one that the app trusts already gains nothing. Throws `conflict` otherwise.
 */
export async function requireOwnEndpoint(
  { plan, parts, scope, call }: Creation,
  endpoint: Endpoint,
  parent: FederatedParent,
): Promise<void> {
  const creator = creatorSchema.safeParse(endpoint).data?.createdBy.id.toLowerCase();
  const { devops, identities } = parts;
  const { callerId } = await readConnectionData(devops, devops.organizationOf(scope), call);
  if (creator === callerId) return;
  const credentials = await identities.listFederatedCredentials(parent, call);
  if (credentials.some(({ name }) => name === `azure-devops-${endpoint.id}`)) return;
  throw nameTaken(plan, endpoint, 'somebody else made it, so that the identity was not made to trust it');
}

const organizationSchema = z.object({
  instanceId: z.string(),
  authenticatedUser: z.object({ id: z.string() }),
});

/** What Azure DevOps says about itself and about who asks. */
interface ConnectionData {
  /** Id of the organization as issuers and subjects have it, in lower case. */
  readonly organizationId: string;
  /** Who asks, as `createdBy` names people and apps; in lower case. */
  readonly callerId: string;
}

async function readConnectionData(devops: DevOpsApi, organization: string, call: CallContext): Promise<ConnectionData> {
  const path = '/_apis/connectionData';
  const request = { method: 'GET', path, apiVersion: '7.1-preview.1', scope: { organization } } as const;
  const { instanceId, authenticatedUser } = readAnswer(
    organizationSchema,
    await devops.send(request, call),
    'the organization',
  );
  return { organizationId: instanceId.toLowerCase(), callerId: authenticatedUser.id.toLowerCase() };
}
