import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiDescriptor } from './api-descriptor.ts';
import type { TokenSource } from './token-source.ts';

/** What an API of one connection is made from. */
export interface ApiParts {
  /** As it is opened: with the access that the process leaves it. */
  readonly connection: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Between 0 and 1, for jitter. */
  readonly random: () => number;
  /** The client of the connection for a descriptor: one for each, over the shared pipeline. */
  clientOf(descriptor: ApiDescriptor): ApiClient;
}

/** Makes the API of any connection. What all connections of a process share lives in the factory. */
export type ApiFactory<Api> = (parts: ApiParts) => Api;
