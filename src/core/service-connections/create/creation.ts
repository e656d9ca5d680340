import type { ArmApi } from '../../apis/arm/arm-api.ts';
import type { DevOpsApi } from '../../apis/devops/devops-api.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import type { Cloud } from '../../base/clouds.ts';
import type { TokenSource } from '../../http/token-source.ts';
import type { FederatedParent, Identities } from '../../identities/identities.ts';
import type { MadeSoFar } from '../../identities/made-so-far.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { Endpoint, Project, ProjectScope } from '../endpoint.ts';
import type { Endpoints } from '../endpoints.ts';
import type { AzureEnvironment, CreateServiceConnection } from '../service-connection.ts';

/** One creation under way. */
export interface Creation {
  readonly plan: ConnectionPlan;
  readonly scope: ProjectScope;
  readonly project: Project;
  readonly parts: ServiceConnectionParts;
  readonly made: MadeSoFar;
  readonly call: CallContext;
}

/** What service connections are built on. */
export interface ServiceConnectionParts {
  readonly devops: DevOpsApi;
  readonly endpoints: Endpoints;
  readonly identities: Identities;
  readonly arm: ArmApi;
  readonly tokens: TokenSource;
  readonly connection: ConnectionRecord;
  readonly cloud: Cloud;
  readonly clock: Clock;
}

/** A checked request; nothing has been sent for it yet. */
export interface ConnectionPlan extends Pick<CreateServiceConnection, 'name' | 'scheme' | 'credential' | 'target'> {
  readonly description: string;
  readonly environment: AzureEnvironment;
  /** Azure Resource Manager of the environment. */
  readonly url: string;
  /** As the caller gave it. */
  readonly tenantId: string | undefined;
  /** Whether Microsoft Graph and Azure Resource Manager of our connection are those of the environment. */
  readonly isOwnCloud: boolean;
  readonly serviceManagementReference: string | undefined;
  readonly grantAllPipelines: boolean;
  readonly verify: boolean;
}

/** The identity of the service connection, as known before the service is asked. */
export interface PlannedIdentity {
  readonly tenantId: string;
  /** Absent where Azure DevOps makes the app, or there is none. */
  readonly clientId?: string;
  /** Azure DevOps makes the app, its credential and its role. */
  readonly isAutomatic: boolean;
}

/** An identity with what its federation needs. */
export interface ResolvedIdentity extends PlannedIdentity {
  /** Parent of its federated credential; absent where there is none or we cannot reach it. */
  readonly parent?: FederatedParent;
  /** Object id of its service principal, if known. */
  readonly principalId?: string;
  /** This call assigned its role, which may not be effective yet. */
  readonly hasNewRole?: boolean;
}

/** An existing service connection, with the identity that it signs in as. */
export interface MadeConnection {
  readonly endpoint: Endpoint;
  readonly identity: ResolvedIdentity;
  /** Its federation is seconds old, and Entra may not know it everywhere. */
  readonly isFresh: boolean;
}
