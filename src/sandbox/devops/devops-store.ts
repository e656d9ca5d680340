import type { EntityStore } from '../base/entity-store.ts';
import type { PlainObject } from '../base/plain-object.ts';
import type { Tenant } from '../seed/tenant.ts';

/** Strings by name, as in `data` and `authorization.parameters`. */
export type TextMap = Readonly<Record<string, string>>;

export interface ProjectRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** ISO 8601. */
  readonly lastUpdateTime: string;
}

/** The identity that created or authorized something. */
export interface IdentityRef {
  readonly id: string;
  readonly displayName: string;
  readonly uniqueName: string;
}

/** A project that uses an endpoint, and its name there. */
export interface ProjectReference {
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
}

/** Background work. `then` contains the changes to the endpoint; undefined if it is deleted. */
export interface PendingWork {
  /** Milliseconds on the sandbox clock. */
  readonly readyAt: number;
  /** Number of reads that still return `InProgress`, unless the time is reached first. */
  readonly pollsLeft: number;
  readonly then: Partial<Omit<EndpointRecord, 'pending'>> | undefined;
}

/** A scheme with its parameters, including secrets. */
export interface Authorization {
  readonly scheme: string;
  readonly parameters: TextMap;
}

/** A service endpoint as stored. */
export interface EndpointRecord {
  readonly id: string;
  readonly type: string;
  readonly url: string;
  readonly description: string;
  readonly owner: string;
  readonly createdBy: IdentityRef;
  readonly authorization: Authorization;
  readonly data: TextMap;
  readonly references: readonly ProjectReference[];
  readonly isReady: boolean;
  readonly state: 'Ready' | 'InProgress' | 'Failed';
  readonly statusMessage: string;
  /** Who signs the assertions of a federated endpoint: Entra, or Azure DevOps itself for older endpoints. */
  readonly issuer: 'entra' | 'vstoken';
  /** What a revert restores; kept for seven days after a conversion. */
  readonly previous?: Authorization;
  readonly pending?: PendingWork;
}

/** A member of the organization. */
export interface MemberRecord {
  /** Object id of the user or service principal. */
  readonly objectId: string;
  readonly role: 'administrator' | 'reader';
}

/** A personal access token, or the access token of a pipeline job. */
export interface AccessTokenRecord {
  readonly token: string;
  /** Object id of the owner. */
  readonly objectId: string;
  /** `vso.serviceendpoint_manage`; empty means full access. */
  readonly scopes: readonly string[];
  /** Milliseconds. */
  readonly expires: number;
}

/** Which pipelines can use a resource of a project. */
export interface PipelinePermissionRecord {
  readonly type: string;
  readonly id: string;
  readonly allPipelines?: Authorized;
  readonly pipelines: readonly (Authorized & { readonly id: number })[];
}

export interface Authorized {
  readonly authorizedBy: IdentityRef;
  /** ISO 8601. */
  readonly authorizedOn: string;
}

/** One use of an endpoint by a pipeline. */
export interface ExecutionRecord {
  readonly id: number;
  readonly endpointId: string;
  readonly projectId: string;
  readonly result: 'succeeded' | 'failed';
  /** ISO 8601. */
  readonly startTime: string;
}

/** Settings that tests place. */
export const devopsSettings = {
  /** `refuse_tstu` is where 429 replaces delays. */
  throttleLimits: [
    'tstu',
    'window_seconds',
    'refuse_tstu',
    'read_cost',
    'write_cost',
    'test_cost',
    'max_delay_seconds',
  ],
  /** How long a connection test does not know a new federation. */
  federationPropagation: ['seconds', 'times'],
  /** How long background work takes: reads that return `InProgress`, or seconds, whichever ends first. */
  readyAfter: ['polls', 'seconds'],
  /** Response to a request without a valid credential: 203, 200, or 302 with a page, or 401. */
  signInPage: ['status'],
  /** Issuer of new federated connections: `entra` or `vstoken`. */
  issuer: ['kind'],
  /** Response to GET for an unknown endpoint: 200 with `null`, or 404. */
  unknownEndpoint: ['status'],
  /** How the proxy spells statuses: `name`, or `number`. */
  proxyStatus: ['as'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type DevOpsSettingType = keyof typeof devopsSettings;

/** The organization of the emulated tenant. Names and ids are case-insensitive. */
export interface DevOpsStore {
  readonly tenant: Tenant;
  readonly organization: { readonly id: string; readonly name: string };
  projects(): readonly ProjectRecord[];
  /** By name or id. */
  findProject(nameOrId: string): ProjectRecord | undefined;
  putProject(project: ProjectRecord): void;
  /** By lower-case id. */
  readonly endpoints: Map<string, EndpointRecord>;
  readonly members: Map<string, MemberRecord>;
  readonly accessTokens: AccessTokenRecord[];
  /** By `{project id}/{type}/{id}` in lower case. */
  readonly permissions: Map<string, PipelinePermissionRecord>;
  readonly executions: ExecutionRecord[];
  /** How often, and since when, the federation of an endpoint has been valid; by endpoint and subject. */
  readonly goodFederations: Map<string, { readonly since: number; readonly times: number }>;
  setting(type: DevOpsSettingType): PlainObject | undefined;
  place(type: string, object: PlainObject): void;
  /** Creates the seed, with its apps and roles, unless it exists: before the first request to any service. */
  prepare(): void;
  reset(): void;
}

/** A user or service principal as Azure DevOps shows it. */
export function identityOf(objectId: string, directory: EntityStore): IdentityRef {
  const user = directory.get('user', objectId);
  const principal = user ?? directory.get('servicePrincipal', objectId);
  return {
    id: objectId,
    displayName: String(principal?.['displayName'] ?? ''),
    uniqueName: String(user?.['userPrincipalName'] ?? objectId),
  };
}
