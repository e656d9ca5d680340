import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { DevOpsApi } from '../apis/devops/devops-api.ts';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import type { TokenSource } from '../http/token-source.ts';
import type { Identities } from '../identities/identities.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Endpoints } from './endpoints.ts';

/** What the work on service connections is made of. */
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
