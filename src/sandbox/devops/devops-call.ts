import type { ArmStore } from '../arm/arm-store.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import type { TokenSigner } from '../entra/token-signer.ts';
import { badRequest, invalidArgument } from './devops-error.ts';
import type { DevOpsStore, IdentityRef, ProjectRecord } from './devops-store.ts';

/** Who calls, and what for. */
export interface DevOpsCaller {
  /** Object id in the directory. */
  readonly objectId: string;
  readonly appId: string;
  readonly kind: 'app' | 'user';
  readonly role: 'administrator' | 'reader';
  /** Scopes of a personal access token; undefined for Entra tokens and tokens with full access. */
  readonly scopes?: readonly string[];
  readonly identity: IdentityRef;
}

/** What the service works with besides the request. */
export interface DevOpsParts {
  readonly store: DevOpsStore;
  readonly arm: ArmStore;
  /** Services that the test of a connection really asks. */
  readonly login: SandboxService;
  readonly armService: SandboxService;
  /** Signs for the old issuer. */
  readonly signer: TokenSigner;
}

/** One authenticated request with a known api-version. */
export interface DevOpsCall extends DevOpsParts {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly caller: DevOpsCaller;
  readonly method: string;
  /** Decoded, below organization and project. */
  readonly path: string;
  /** Present on project routes. */
  readonly project?: ProjectRecord;
  /** Parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly query: ReadonlyMap<string, string>;
}

interface ProjectCall extends DevOpsCall {
  readonly project: ProjectRecord;
}

export interface DevOpsRoute {
  readonly method: string;
  /** `/_apis/projects/{project}`, below organization and project. */
  readonly path: string;
  /** Where the route lives: below the organization, below a project, both, or without an organization. */
  readonly level: 'organization' | 'project' | 'both' | 'global';
  /** Only versions with `-preview` are accepted. */
  readonly isPreview?: boolean;
  /** Any of these lets a personal access token in. */
  readonly scopes: readonly string[];
  /** Needs more than the rights of a reader. */
  readonly isWrite?: boolean;
  /** What the call weighs among the caller's throughput units. */
  readonly cost?: 'read' | 'write' | 'test';
  handle(call: DevOpsCall): SandboxResponse | Promise<SandboxResponse>;
}

/** For handlers of project routes: the service has looked the project up. */
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

/** Items of a comma separated query option; undefined when it is absent or empty. */
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

/** `/Date/` forms are long gone: ISO 8601 with milliseconds. */
export function timeOf({ context }: Pick<DevOpsCall, 'context'>): string {
  return new Date(context.clock.now()).toISOString();
}
