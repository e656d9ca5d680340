import type { CallContext } from '../../base/call-context.ts';
import type { MadeSoFar } from '../../identities/made-so-far.ts';
import type { Endpoint, Project, ProjectScope } from '../endpoints.ts';
import type { ServiceConnectionParts } from '../service-connection-parts.ts';
import type { ResolvedIdentity } from './connection-identity.ts';
import type { ConnectionPlan } from './connection-plan.ts';

/** One creation under way. */
export interface Creation {
  readonly plan: ConnectionPlan;
  readonly scope: ProjectScope;
  readonly project: Project;
  readonly parts: ServiceConnectionParts;
  readonly made: MadeSoFar;
  readonly call: CallContext;
}

/** A service connection that is there, with the identity that it signs in as. */
export interface MadeConnection {
  readonly endpoint: Endpoint;
  readonly identity: ResolvedIdentity;
  /** Its federation is seconds old, and Entra may not know it everywhere. */
  readonly isFresh: boolean;
}
