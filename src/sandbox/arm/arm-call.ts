import { isRecord } from '../../core/base/guards.ts';
import { type PlainObject, recordOf } from '../base/plain-object.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { badRequest } from './arm-error.ts';
import type { ArmStore } from './arm-store.ts';
import type { OperationLog } from './operations/operation-log.ts';

export interface ArmCaller {
  /** Empty when the tenant has no service principal for the app. */
  readonly objectId: string;
  readonly appId: string;
}

/** What lives as long as the service: operations under way, pages that were refused once. */
export interface ArmRuntime {
  readonly store: ArmStore;
  readonly operations: OperationLog;
  /** Page tokens that have already answered 429. */
  readonly refusedPages: Set<string>;
  /** How often a namespace that is registering has been looked at, by subscription and namespace. */
  readonly registrationReads: Map<string, number>;
  /** Parents that are written to at this moment, where the provider takes one write at a time. */
  readonly writesUnderWay: Set<string>;
}

/** One authenticated request with a known api-version. */
export interface ArmCall extends ArmRuntime {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly caller: ArmCaller;
  readonly method: string;
  /** Decoded, without a slash at the end. */
  readonly path: string;
  /** Parts of the path that the route names, as they were spelt. */
  readonly params: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly query: ReadonlyMap<string, string>;
  readonly apiVersion: string;
}

export interface ArmRoute {
  readonly method: string;
  /** `/subscriptions/{subscription}/locations`; `{scope}` takes any number of segments, or none. */
  readonly path: string;
  /** Resource type whose api-versions count: `Microsoft.Resources/subscriptions`. */
  readonly type: string;
  /** Checked at `{scope}`, or at the group or subscription that the path names. Absent: the handler decides. */
  readonly action?: string;
  handle(call: ArmCall): SandboxResponse | Promise<SandboxResponse>;
}

export function parseBody({ request }: ArmCall): PlainObject {
  if (request.body.length === 0) return {};
  const body = parseJson(request.body);
  if (isRecord(body)) return body;
  throw badRequest('InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
}

/** `properties` of a body; empty when it has none. */
export function parseProperties(call: ArmCall): PlainObject {
  return recordOf(parseBody(call)['properties']);
}

/** Tags of a body; anything but texts is refused. */
export function tagsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw badRequest('InvalidRequestContent', 'The tags must be an object of texts.');
  return Object.fromEntries(Object.entries(value).map(([name, tag]) => [name, String(tag)]));
}
