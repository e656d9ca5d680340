import type { ConnectionScope } from '../record/connection.ts';
import type { FactName } from './facts.ts';
import type { Forms } from './forms.ts';
import type { Shape } from './shape.ts';

/** Where a request goes. The data planes are those of the first service that discovery finds. */
export type CheckedService = 'graph' | 'arm' | 'devops' | 'blob' | 'servicebus' | 'azure-search';

/** What of an answer is compared; the class of a difference. */
export const aspects = ['shape', 'header', 'code', 'paging', 'throttle', 'advanced'] as const;
export type Aspect = (typeof aspects)[number];

/** A request as data. Texts may hold `{fact}`: something that the connection or an earlier answer names. */
export interface CheckRequest {
  readonly service: CheckedService;
  /** A POST must be one that only reads: everything else is refused by the pipeline. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** Below root and version. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** The query exactly as it is sent, instead of `query`: for what the URL builder would correct. */
  readonly typed?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** api-version of Resource Manager and Azure DevOps; `none` leaves it out. */
  readonly version?: string;
  /** Id of an earlier check: its link to the next page is followed, as the service wrote it. */
  readonly follows?: string;
}

/** What planner and sandbox assume about the answer. */
export interface Expectation {
  /** Default 200. */
  readonly status?: number | readonly number[];
  /** Error codes, any of which is assumed. */
  readonly codes?: readonly string[];
  readonly body?: Shape;
  /** Besides those of every answer of the service: forms by lower-case name; a name with `?` may be absent. */
  readonly headers?: Readonly<Record<string, Forms>>;
  /** Members that must not be there. */
  readonly absent?: readonly string[];
  /** Most items of the list. */
  readonly atMost?: number;
  /** What a link to the next page may carry its position in: `$skiptoken`. */
  readonly nextBy?: readonly string[];
}

export interface SelfCheck {
  /** `graph.users.page`: part of the report, never changed. */
  readonly id: string;
  /** What is asked, for people. */
  readonly asks: string;
  /** What the check is about: a status or code that is not as assumed is a difference of this class. */
  readonly about: Aspect;
  readonly request: CheckRequest;
  readonly expect: Expectation;
  /** Page that states the rule. */
  readonly source: string;
  /** Permission, role or action that the request needs, where the permission tables of Graph do not know it. */
  readonly needs?: string;
  /**
   * Facts for later requests: where they stand in the answer, as `value.0.id`, or `value.*.id` for several to choose from.
   * What is known already stays.
   */
  readonly learns?: Readonly<Partial<Record<FactName, string>>>;
  /** An empty list says little: the same is asked about the next value of this fact, a few times. */
  readonly searches?: FactName;
  /** Asked only with a token of an app, where a person would be answered differently. */
  readonly forApps?: boolean;
}

/** Checks that connections with one of the scopes run, in this order. */
export interface CheckGroup {
  readonly scopes: readonly ConnectionScope[];
  readonly checks: readonly SelfCheck[];
}

/** Something that is not as assumed, without its class: all texts are ours. */
export interface Mismatch {
  /** A member, a header, `status`, `error code`, `next page`. */
  readonly what: string;
  readonly assumed: string;
  readonly seen: string;
}

export interface Difference extends Mismatch {
  readonly about: Aspect;
}

export const outcomes = ['as_assumed', 'differs', 'skipped', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];
