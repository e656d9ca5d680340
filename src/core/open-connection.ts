import type { GraphApi } from './apis/graph/graph-api.ts';
import type { TokenSource } from './auth/token-source.ts';
import type { Cloud } from './clouds.ts';
import type { ConnectionRecord } from './connections/connection.ts';

/** A connection with everything that sends requests for it. */
export interface OpenConnection {
  readonly record: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly graph: GraphApi;
}

/** Opens connections; the same record revision gives the same object, so that caches and limiters are shared. */
export interface ConnectionOpener {
  open(record: ConnectionRecord): Promise<OpenConnection>;
}
