import type { OperationTree } from '../../core/apis/graph/catalog/operation-tree.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';

/** A key in a path: `/users/{value}`, `/users('{value}')` or, with `property`, `/applications(appId='{value}')`. */
export interface PathKey {
  /** Decoded, without quotes. */
  readonly value: string;
  /** Name of the alternate key, in the model's spelling. */
  readonly property?: string;
}

/** Model type names: the store's entity types, and types that exist only in paths (`directoryObject`, …). */
export type ModelTypeName = string;

/** A Graph path resolved against the model: all segments are known, and names use the model's spelling. */
export interface ParsedGraphPath {
  readonly version: 'v1.0' | 'beta';
  /**
   * The route with `{id}` for every key, casts and suffix included, in the model's spelling:
   * `/groups/{id}/members/{id}/$ref`, `/directory/deletedItems/microsoft.graph.user`, `/users/{id}/assignLicense`.
   * Handlers switch on it; a 501 names it. `/me/x` is `/me/x`, not `/users/{id}/x`.
   */
  readonly template: string;
  /** The keys in path order. */
  readonly keys: readonly PathKey[];
  /** Names in path order (sets, navigation properties, operations, properties), without keys, casts, and suffix. */
  readonly names: readonly string[];
  /** Type of what the path addresses (of one element, if a collection), after the cast. Undefined for an operation. */
  readonly type: ModelTypeName | undefined;
  /** Type of the entity that the last navigation property, property or operation belongs to. */
  readonly parentType: ModelTypeName | undefined;
  /** True when the path addresses a collection of entities (before `$count`/`$ref`). */
  readonly isCollection: boolean;
  /** Type named by a `microsoft.graph.` cast. */
  readonly cast: ModelTypeName | undefined;
  /** Action or function at the end: `delta`, `assignLicense`, `restore`. */
  readonly operation: string | undefined;
  /** Structural property at the end: `/users/{id}/displayName`. */
  readonly property: string | undefined;
  readonly suffix: '$count' | '$ref' | '$value' | undefined;
  /**
   * Decoded names between the colons of `/root:/{path}:/content`: a file addressed from the root or from another item.
   * The template shows them as `:/{path}`, followed by `:` if something follows.
   */
  readonly itemPath: readonly string[] | undefined;
  /** False if the model knows the segment but the sandbox does not emulate it; results in 501. */
  readonly isModelled: boolean;
  /** Query options with decoded values and lower-case names (`$top`, `$deltatoken`). */
  readonly query: ReadonlyMap<string, string>;
}

/** The caller of a verified access token. */
export interface GraphCaller {
  /** False for a user's token. */
  readonly isApp: boolean;
  readonly appId: string;
  readonly tenantId: string;
  /** Object id of the service principal or user. */
  readonly objectId: string;
  /** Granted permissions (application roles, or the scopes of a user's token) at the time of issue. */
  readonly roles: readonly string[];
}

/** What a Graph handler uses in addition to the request. */
export interface GraphCallContext extends SandboxContext {
  readonly caller: GraphCaller;
  /** What operations take, by Microsoft's table. */
  readonly operations: OperationTree;
}

/** Answers one kind of Graph route. Standard headers (request-id, Date, …) are added by the Graph service. */
export type GraphHandler = (
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
) => Promise<SandboxResponse>;

/**
 * Handles another request inside the service, with its own authentication, permissions, throttling, and headers.
 * `$batch` runs its items this way.
 */
export type GraphDispatch = (request: SandboxRequest, context: SandboxContext) => Promise<SandboxResponse>;

/** Answers a `$batch` envelope. The items go through `dispatch`, each with the envelope's `authorization`. */
export type GraphBatchHandler = (
  request: SandboxRequest,
  context: SandboxContext,
  dispatch: GraphDispatch,
) => Promise<SandboxResponse>;

/** The throttling decision on a request before it is handled. */
export interface Admission {
  /** The 429 to return instead, with its headers. */
  readonly refusal?: SandboxResponse;
  /** Response headers: `x-ms-resource-unit`, `x-ms-throttle-limit-percentage`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The budgets of one sandbox, charged for every request and every batch item. */
export interface GraphThrottle {
  /** Counts a request as under way for its mailbox. The result is called when the answer is ready. */
  arrive(request: SandboxRequest, context: SandboxContext): () => void;
  admit(parsed: ParsedGraphPath, request: SandboxRequest, context: GraphCallContext): Admission;
}

/**
 * The parts of the Graph service besides the reads. `write` handles every method except GET and HEAD, including POSTs
 * that read; `mail` handles everything below `mailFolders` and `messages`, and `sendMail`; `drive` handles everything
 * below `drive` and `drives`.
 */
export interface GraphParts {
  readonly throttle: GraphThrottle;
  readonly write: GraphHandler;
  readonly mail: GraphHandler;
  readonly drive: GraphHandler;
  readonly batch: GraphBatchHandler;
}
