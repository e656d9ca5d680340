import type { DevOpsScope } from '../apis/devops/devops-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Verification } from './service-connection.ts';

/** A call that means one project. */
export interface ProjectScope extends DevOpsScope {
  /** Name or id. */
  readonly project: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
}

/** Texts by name, as `data` and `authorization.parameters` hold them. Names are compared without regard to case. */
export type TextMap = Readonly<Record<string, string | null>>;

/** What an endpoint says about itself. Members that we do not know are kept, since an update sends the whole object back. */
export interface NewEndpoint {
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly description?: string | null;
  readonly isShared?: boolean;
  readonly isReady?: boolean;
  readonly owner?: string;
  readonly authorization: { readonly scheme: string; readonly parameters?: TextMap | null };
  readonly data?: TextMap | null;
  readonly operationStatus?: { readonly state?: string; readonly statusMessage?: string | null } | null;
  readonly serviceEndpointProjectReferences?: readonly {
    readonly projectReference: { readonly id: string; readonly name?: string };
    readonly name: string;
    readonly description?: string | null;
  }[];
  readonly [member: string]: unknown;
}

/** A service endpoint as REST sends it: what the product calls a service connection. */
export interface Endpoint extends NewEndpoint {
  readonly id: string;
}

export interface EndpointFilter {
  readonly type?: string;
  readonly authSchemes?: string;
  readonly names?: readonly string[];
  readonly ids?: readonly string[];
  readonly includeFailed?: boolean;
  /** Adds the parameters that an update needs. */
  readonly includeDetails?: boolean;
}

/** The service endpoint routes, one method each. Secrets never come back: the service answers null for them. */
export interface Endpoints {
  /** Throws `not_found` with the names of the projects that there are. */
  getProject(scope: ProjectScope, call: CallContext): Promise<Project>;
  list(scope: ProjectScope, filter: EndpointFilter, call: CallContext): Promise<readonly Endpoint[]>;
  /** With details; undefined when it is unknown, invisible or gone. */
  get(scope: ProjectScope, id: string, call: CallContext): Promise<Endpoint | undefined>;
  create(scope: ProjectScope, endpoint: NewEndpoint, call: CallContext): Promise<Endpoint>;
  /** Sends the whole object; `operation` is `ConvertAuthenticationScheme` for a conversion or its revert. */
  update(
    scope: ProjectScope,
    endpoint: Endpoint,
    options: { readonly operation?: string },
    call: CallContext,
  ): Promise<Endpoint>;
  /** `deep` also removes the app that Azure DevOps made. Resolves when it is really gone. */
  remove(
    scope: ProjectScope,
    id: string,
    options: { readonly projectIds: readonly string[]; readonly deep?: boolean },
    call: CallContext,
  ): Promise<void>;
  /** Polls until it is ready; throws with the service's message when it failed. */
  waitUntilReady(scope: ProjectScope, id: string, call: CallContext): Promise<Endpoint>;
  /** The service's own `TestConnection`. With `retryForMs`, federation that is seconds old is tried again. */
  test(
    scope: ProjectScope,
    endpoint: Endpoint,
    options: { readonly retryForMs?: number },
    call: CallContext,
  ): Promise<Verification>;
  grantAllPipelines(scope: ProjectScope, id: string, call: CallContext): Promise<void>;
}
