import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';

/** A key in a path: `/users/{value}`, `/users('{value}')` or, with `property`, `/applications(appId='{value}')`. */
export interface PathKey {
  /** Decoded, without quotes. */
  readonly value: string;
  /** Alternate key's name in the model's spelling. */
  readonly property?: string;
}

/** Type names of the model: the entity types of the store, and those that exist only in paths (`directoryObject`, …). */
export type ModelTypeName = string;

/** A Graph path, resolved against the model: every segment is known, names are in the model's spelling. */
export interface ParsedGraphPath {
  readonly version: 'v1.0' | 'beta';
  /**
   * The route with `{id}` for every key, casts and suffix included, in the model's spelling:
   * `/groups/{id}/members/{id}/$ref`, `/directory/deletedItems/microsoft.graph.user`, `/users/{id}/assignLicense`.
   * Handlers switch on it; a 501 names it. `/me/x` is `/me/x`, not `/users/{id}/x`.
   */
  readonly template: string;
  /** The keys in the order of the path. */
  readonly keys: readonly PathKey[];
  /** Names of the path in order (sets, navigation properties, operations, properties), without keys, casts and suffix. */
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
   * Names between the colons of `/root:/{path}:/content`, decoded: a file addressed from the root or from another item.
   * The template shows them as `:/{path}`, with `:` behind when something follows.
   */
  readonly itemPath: readonly string[] | undefined;
  /** False when the model knows the segment but the sandbox does not emulate it: answered 501. */
  readonly isModelled: boolean;
  /** Query options, values decoded, names in lower case as sent (`$top`, `$deltatoken`). */
  readonly query: ReadonlyMap<string, string>;
}

/** Who a verified access token belongs to. */
export interface GraphCaller {
  /** False for a token of a person. */
  readonly isApp: boolean;
  readonly appId: string;
  readonly tenantId: string;
  /** Object id of the service principal or user. */
  readonly objectId: string;
  /** Granted permissions (application roles, or scopes of a person's token), frozen when the token was issued. */
  readonly roles: readonly string[];
}

/** What a Graph handler works with, besides the request itself. */
export interface GraphCallContext extends SandboxContext {
  readonly caller: GraphCaller;
}

/** Answers one kind of Graph route. Standard headers (request-id, Date, …) are added by the Graph service. */
export type GraphHandler = (
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
) => Promise<SandboxResponse>;

/**
 * Carries out one more request inside the service, with authentication, permissions, throttling and headers of its own:
 * how `$batch` runs its items.
 */
export type GraphDispatch = (request: SandboxRequest, context: SandboxContext) => Promise<SandboxResponse>;

/** Answers a `$batch` envelope; the items go through `dispatch`, each with `authorization` of the envelope. */
export type GraphBatchHandler = (
  request: SandboxRequest,
  context: SandboxContext,
  dispatch: GraphDispatch,
) => Promise<SandboxResponse>;

/** What throttling says about one request before it is carried out. */
export interface Admission {
  /** The 429 to answer instead, complete with its headers. */
  readonly refusal?: SandboxResponse;
  /** Headers that the answer carries: `x-ms-resource-unit`, `x-ms-throttle-limit-percentage`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called once the answer is ready, however it went (gives back a mailbox's place). */
  done(): void;
}

/** The budgets of one sandbox; every request and every item of a batch asks. */
export interface GraphThrottle {
  admit(parsed: ParsedGraphPath, request: SandboxRequest, context: GraphCallContext): Admission;
}

/**
 * The parts that the Graph service puts together around the reads. `write` answers every method but GET and HEAD, and
 * the reads that are POSTs; `mail` everything below `mailFolders` and `messages`, and `sendMail`; `drive` everything below `drive` and `drives`.
 */
export interface GraphParts {
  readonly throttle: GraphThrottle;
  readonly write: GraphHandler;
  readonly mail: GraphHandler;
  readonly drive: GraphHandler;
  readonly batch: GraphBatchHandler;
}
