import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Cloud } from '../base/clouds.ts';
import type { ApiFactory, ApiParts } from '../http/api-descriptor.ts';
import type { TokenSource } from '../http/token-source.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { armApis } from './arm/arm-api.ts';
import { devopsApis } from './devops/devops-api.ts';
import { type GraphApiOptions, graphApis } from './graph/create-graph-api.ts';

/** The APIs of a process, each as the factory of its connections. A new API is a line here. */
export function createApis({ graphCatalog }: Pick<GraphApiOptions, 'graphCatalog'> = {}) {
  return { graph: graphApis(graphCatalog), arm: armApis(), devops: devopsApis() };
}

type Factories = Readonly<Record<string, ApiFactory<unknown>>>;
type Connected<Made extends Factories> = { readonly [Name in keyof Made]: ReturnType<Made[Name]> };

/** The APIs of one connection. */
export function connectApis<Made extends Factories>(factories: Made, parts: ApiParts): Connected<Made> {
  const entries = Object.entries(factories).map(([name, create]) => [name, create(parts)]);
  // Each factory has made the API of its own name.
  return Object.fromEntries(entries) as Connected<Made>;
}

export type Apis = Connected<ReturnType<typeof createApis>>;

/** A connection with the APIs that send requests for it: what everything above the pipeline works with. */
export interface ApiConnection extends Apis {
  readonly record: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  /** The transport below all pipelines, for data-plane probes; it adds no token. */
  readonly httpClient: HttpClient;
}
