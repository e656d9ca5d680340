import { parseQuery, percentDecode } from '../base/read-request.ts';
import { createRouter } from '../base/router.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { type CarryOut, createService, isJson } from '../base/service-frame.ts';
import { checkApiVersion, checkRights, createDevOpsThrottle, type DevOpsThrottle } from './admission.ts';
import { authenticate, signInTitle } from './authenticate.ts';
import type { DevOpsCall, DevOpsParts, DevOpsRoute } from './devops-call.ts';
import { badRequest, buildErrorResponse, DevOpsError, HtmlAnswer, notModelled } from './devops-error.ts';
import type { ProjectRecord } from './devops-store.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { endpointProxyRoutes } from './routes/endpoint-proxy.ts';
import { endpointWriteRoutes } from './routes/endpoint-writes.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { oidcTokenRoutes } from './routes/oidc-token.ts';
import { pipelinePermissionRoutes } from './routes/pipeline-permissions.ts';
import { projectRoutes, unknownProject } from './routes/projects.ts';

const findRoute = createRouter<DevOpsRoute>([
  ...projectRoutes,
  ...discoveryRoutes,
  ...endpointRoutes,
  ...endpointWriteRoutes,
  ...endpointProxyRoutes,
  ...pipelinePermissionRoutes,
  ...oidcTokenRoutes,
]);

/** Azure DevOps Services: organizations, projects, sign-in, API versions, and throttling around the routes. */
export function createDevOpsService(parts: DevOpsParts): SandboxService {
  const throttle = createDevOpsThrottle();
  return createService({
    name: 'devops',
    answer: (request, context, carryOut) => answer(request, context, { ...parts, throttle }, carryOut),
    refusal: DevOpsError,
    answerRefusal: buildErrorResponse,
    headers: standardHeaders,
  });
}

async function answer(
  request: SandboxRequest,
  context: SandboxContext,
  { throttle, ...parts }: DevOpsParts & { readonly throttle: DevOpsThrottle },
  carryOut: CarryOut,
): Promise<SandboxResponse> {
  const { store } = parts;
  const { method } = request;
  if (/^\/_signin$/i.test(request.rawPath)) throw new HtmlAnswer(200, signInTitle);
  const { organization, project: projectName, path } = readPath(request.rawPath);
  if (organization !== undefined && organization.toLowerCase() !== store.organization.name.toLowerCase()) {
    throw new HtmlAnswer(404, `The resource cannot be found: there is no organization ${escapeHtml(organization)}.`);
  }
  const caller = await authenticate(request, context, store);
  const query = parseQuery(request.rawQuery);
  const level = organization === undefined ? 'global' : projectName === undefined ? 'organization' : 'project';
  const match = findRoute(method, path, (one) => one.level === level || (one.level === 'both' && level !== 'global'));
  if (!match) throw findRoute(method, path) ? noSuchController(request) : notModelled(`${method} ${request.rawPath}`);
  const { route, params } = match;
  checkApiVersion(route, request, query);
  const headers = throttle.admit(caller, route.cost, context.clock.now(), store.setting('throttleLimits'));
  const project = projectName === undefined ? {} : { project: findProject(projectName, parts) };
  checkRights(caller, route);
  const call: DevOpsCall = { ...parts, request, context, caller, method, path, params, query, ...project };
  // Immediate refusals of a handler do not have the throttling headers.
  const response = route.handle(call);
  return carryOut(headers, () => response);
}

function findProject(nameOrId: string, { store }: DevOpsParts): ProjectRecord {
  const project = store.findProject(nameOrId);
  if (!project) throw unknownProject(nameOrId);
  return project;
}

interface DevOpsPath {
  readonly organization?: string;
  readonly project?: string;
  /** From `/_apis` on, with each part decoded. */
  readonly path: string;
}

/** `/{organization}/{project}/_apis/…`; global routes have no organization. */
function readPath(rawPath: string): DevOpsPath {
  const at = rawPath.toLowerCase().indexOf('/_apis');
  if (at < 0) throw notModelled(rawPath);
  const [organization, project, ...more] = rawPath.slice(1, at).split('/').filter(Boolean).map(decode);
  if (more.length > 0) throw notModelled(rawPath);
  const path = rawPath.slice(at).replace(/\/$/, '').split('/').map(decode).join('/');
  return {
    ...(organization === undefined ? {} : { organization }),
    ...(project === undefined ? {} : { project }),
    path,
  };
}

function decode(part: string): string {
  return percentDecode(part, () => {
    throw badRequest('HttpException', 'A potentially dangerous Request.Path value was detected from the client.');
  });
}

function noSuchController({ method, rawPath }: SandboxRequest): DevOpsError {
  const message = `The controller for path '${rawPath}' was not found or does not implement ${method} on this level: organization routes and project routes differ.`;
  return new DevOpsError(404, 'HttpException', message);
}

function standardHeaders(response: SandboxResponse, { requestId }: SandboxRequest) {
  return {
    'cache-control': 'no-cache, no-store, must-revalidate',
    pragma: 'no-cache',
    expires: '-1',
    activityid: requestId,
    'x-vss-e2eid': requestId,
    'x-tfs-session': requestId,
    ...(isJson(response) ? { 'content-type': 'application/json; charset=utf-8; api-version=7.1' } : {}),
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
