import type { PlainObject } from '../base/guards.ts';
import type {
  AccessTokenRecord,
  EndpointRecord,
  ExecutionRecord,
  MemberRecord,
  PipelinePermissionRecord,
  ProjectRecord,
} from './devops-records.ts';

/** Behaviour that tests place. */
export const devopsSettings = {
  /** `refuse_tstu` is where delays end and 429 begins. */
  throttleLimits: [
    'tstu',
    'window_seconds',
    'refuse_tstu',
    'read_cost',
    'write_cost',
    'test_cost',
    'max_delay_seconds',
  ],
  /** How long a federation that was never seen before is unknown to the test of a connection. */
  federationPropagation: ['seconds', 'times'],
  /** How long background work takes: reads that answer `InProgress`, or seconds, whichever ends first. */
  readyAfter: ['polls', 'seconds'],
  /** What a request without a valid credential is answered: 203, 200 or 302 with a page, or 401. */
  signInPage: ['status'],
  /** Issuer of new federated connections: `entra` or `vstoken`. */
  issuer: ['kind'],
  /** What GET answers for an endpoint that is not there: 200 with `null`, or 404. */
  unknownEndpoint: ['status'],
  /** How the proxy spells statuses: `name`, or `number`. */
  proxyStatus: ['as'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type DevOpsSettingType = keyof typeof devopsSettings;

/** The organization of the emulated tenant. Names and ids are looked up without regard to case. */
export interface DevOpsStore {
  /** Made with the seed. */
  readonly organization: { readonly id: string; readonly name: string };
  projects(): readonly ProjectRecord[];
  /** By name or id. */
  findProject(nameOrId: string): ProjectRecord | undefined;
  putProject(project: ProjectRecord): void;
  /** By id in lower case. */
  readonly endpoints: Map<string, EndpointRecord>;
  readonly members: Map<string, MemberRecord>;
  readonly accessTokens: AccessTokenRecord[];
  /** By `{project id}/{type}/{id}` in lower case. */
  readonly permissions: Map<string, PipelinePermissionRecord>;
  readonly executions: ExecutionRecord[];
  /** How often, and since when, the federation of an endpoint has been good; by endpoint and subject. */
  readonly goodFederations: Map<string, { readonly since: number; readonly times: number }>;
  setting(type: DevOpsSettingType): PlainObject | undefined;
  place(type: string, object: PlainObject): void;
  reset(): void;
}
