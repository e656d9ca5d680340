import type { Caller } from '../core/base/caller.ts';
import type { Clock } from '../core/base/clock.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import type { SeenPlaces } from '../core/connections/seen-places.ts';
import type { LicenseNames } from '../core/licensing/license-names.ts';
import type { ResultStore } from '../core/storage/result-store.ts';
import type { LimiterSnapshot } from '../core/throttle/limiter-registry.ts';

/** What a resource is read with, and what an argument is completed with. */
export interface ResourceContext {
  readonly caller: Caller;
  readonly connections: ConnectionService;
  readonly results: ResultStore;
  readonly clock: Clock;
  /** Where the caller's calls have been. */
  readonly places: SeenPlaces;
  /** The names of products that are built in; unpacked when they are first asked for. */
  licenseNames(): Promise<LicenseNames>;
  /** Undefined before the first request of the process. */
  limits(): Promise<LimiterSnapshot | undefined>;
}

/** What the value of an argument or a variable is: completion offers such values. `text` is free. */
export type ArgumentKind =
  | 'connection'
  /** Several connections, separated by commas. */
  | 'connections'
  | 'subscription'
  /** `resource_group/workspace`. */
  | 'workspace'
  | 'organization'
  | 'project'
  | 'product'
  | 'issuer'
  | 'topic'
  | 'text';

interface ResourceBase {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
}

/** A resource whose contents are text of its `mimeType`; anything else that is read is shown as JSON. */
export class TextContents {
  readonly text: string;
  /** What a client needs besides, as `_meta`. */
  readonly about: Readonly<Record<string, unknown>>;

  constructor(text: string, about: Readonly<Record<string, unknown>>) {
    this.text = text;
    this.about = about;
  }
}

/** A resource with one address. */
export interface FixedResource extends ResourceBase {
  readonly uri: string;
  read(context: ResourceContext): Promise<unknown>;
}

/** A family of resources: `tenantry://connections/{name}`. */
export interface TemplateResource extends ResourceBase {
  readonly uriTemplate: string;
  /** Matches the addresses of the family; named groups become the variables. */
  readonly pattern: RegExp;
  /** What its variables are. */
  readonly variables: Readonly<Record<string, ArgumentKind>>;
  /** Resolves undefined when there is no such resource, or the caller may not see it. */
  read(variables: Readonly<Record<string, string | undefined>>, context: ResourceContext): Promise<unknown>;
}

/** An identity function: a resource is data, like a tool. */
export function defineResource(resource: FixedResource): FixedResource;
export function defineResource(resource: TemplateResource): TemplateResource;
export function defineResource(resource: FixedResource | TemplateResource): FixedResource | TemplateResource {
  return resource;
}
