import type { ArmStore } from '../arm/arm-store.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import type { TokenSigner } from '../entra/token-signer.ts';
import { badRequest, invalidArgument } from './devops-error.ts';
import type { DevOpsStore, IdentityRef, ProjectRecord } from './devops-store.ts';

/** The caller. */
export interface DevOpsCaller {
  /** Object id in the directory. */
  readonly objectId: string;
  readonly appId: string;
  readonly kind: 'app' | 'user';
  readonly role: 'administrator' | 'reader';
  /** Scopes of a personal access token; undefined for Entra tokens and full access. */
  readonly scopes?: readonly string[];
  readonly identity: IdentityRef;
}

/** What the service uses in addition to the request. */
export interface DevOpsParts {
  readonly store: DevOpsStore;
  readonly arm: ArmStore;
  /** Services that a connection test calls. */
  readonly login: SandboxService;
  readonly armService: SandboxService;
  /** Signs assertions of the old issuer. */
  readonly signer: TokenSigner;
}

/** One authenticated request with a known api-version. */
export interface DevOpsCall extends DevOpsParts {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly caller: DevOpsCaller;
  readonly method: string;
  /** Decoded, relative to organization and project. */
  readonly path: string;
  /** Present on project routes. */
  readonly project?: ProjectRecord;
  /** Named parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly query: ReadonlyMap<string, string>;
}

interface ProjectCall extends DevOpsCall {
  readonly project: ProjectRecord;
}

export interface DevOpsRoute {
  readonly method: string;
  /** `/_apis/projects/{project}`, relative to organization and project. */
  readonly path: string;
  /** Level of the route: organization, project, both, or without an organization. */
  readonly level: 'organization' | 'project' | 'both' | 'global';
  /** Accepts only `-preview` versions. */
  readonly isPreview?: boolean;
  /** A personal access token needs one of these scopes. */
  readonly scopes: readonly string[];
  /** Refused to readers. */
  readonly isWrite?: boolean;
  /** Cost of the call in throughput units. */
  readonly cost?: 'read' | 'write' | 'test';
  handle(call: DevOpsCall): SandboxResponse | Promise<SandboxResponse>;
}

/** For handlers of project routes, where the service has found the project. */
export function requireProject(call: DevOpsCall): ProjectCall {
  const { project } = call;
  if (project === undefined) throw invalidArgument('The route needs a project.');
  return { ...call, project };
}

export function parseBody({ request }: Pick<DevOpsCall, 'request'>): unknown {
  if (request.body.length === 0) return undefined;
  return parseJson(request.body, () => {
    throw badRequest('VssPropertyValidationException', 'The request body is not valid JSON.');
  });
}

/** Items of a comma-separated query option; undefined if absent or empty. */
export function listOption({ query }: Pick<DevOpsCall, 'query'>, name: string): readonly string[] | undefined {
  const items = (query.get(name.toLowerCase()) ?? '').split(',').flatMap((one) => one.trim() || []);
  return items.length > 0 ? items : undefined;
}

export function isTrue({ query }: Pick<DevOpsCall, 'query'>, name: string): boolean {
  return query.get(name.toLowerCase())?.toLowerCase() === 'true';
}

export function listOf(value: readonly unknown[], headers: Readonly<Record<string, string>> = {}): SandboxResponse {
  return { status: 200, headers, body: { count: value.length, value } };
}

/** ISO 8601 with milliseconds. */
export function timeOf({ context }: Pick<DevOpsCall, 'context'>): string {
  return new Date(context.clock.now()).toISOString();
}
