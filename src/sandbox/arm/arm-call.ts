import { isRecord } from '../../core/base/guards.ts';
import { type PlainObject, recordOf } from '../base/plain-object.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { badRequest } from './arm-error.ts';
import type { ArmStore } from './arm-store.ts';
import type { OperationLog } from './operations/operation-log.ts';

export interface ArmCaller {
  /** Empty if the tenant has no service principal for the app. */
  readonly objectId: string;
  readonly appId: string;
}

/** State that lives as long as the service. */
export interface ArmRuntime {
  readonly store: ArmStore;
  readonly operations: OperationLog;
  /** Page tokens that have already been answered with 429. */
  readonly refusedPages: Set<string>;
  /** How often a registering namespace has been read, by subscription and namespace. */
  readonly registrationReads: Map<string, number>;
  /** Parents with a write in progress, where the provider accepts one write at a time. */
  readonly writesUnderWay: Set<string>;
}

/** One authenticated request with a known api-version. */
export interface ArmCall extends ArmRuntime {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly caller: ArmCaller;
  readonly method: string;
  /** Decoded, without a trailing slash. */
  readonly path: string;
  /** Named parts of the route, as spelled in the path. */
  readonly params: Readonly<Record<string, string>>;
  /** Names are lower case. */
  readonly query: ReadonlyMap<string, string>;
  readonly apiVersion: string;
}

export interface ArmRoute {
  readonly method: string;
  /** `/subscriptions/{subscription}/locations`; `{scope}` matches any number of segments, including none. */
  readonly path: string;
  /** Resource type whose API versions apply: `Microsoft.Resources/subscriptions`. */
  readonly type: string;
  /** Checked at `{scope}`, or at the group or subscription in the path. If absent, the handler decides. */
  readonly action?: string;
  handle(call: ArmCall): SandboxResponse | Promise<SandboxResponse>;
}

export function parseBody({ request }: ArmCall): PlainObject {
  if (request.body.length === 0) return {};
  const body = parseJson(request.body);
  if (isRecord(body)) return body;
  throw badRequest('InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
}

/** `properties` of a body; empty if absent. */
export function parseProperties(call: ArmCall): PlainObject {
  return recordOf(parseBody(call)['properties']);
}

/** Tags of a body; values that are not strings are refused. */
export function tagsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw badRequest('InvalidRequestContent', 'The tags must be an object of texts.');
  return Object.fromEntries(Object.entries(value).map(([name, tag]) => [name, String(tag)]));
}
