import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import { checkApiVersion } from './api-versions.ts';
import { authenticate, signInTitle } from './authenticate.ts';
import type { DevOpsCall, DevOpsCaller, DevOpsParts, DevOpsRoute } from './devops-call.ts';
import { badRequest, buildErrorResponse, DevOpsError, forbidden, HtmlAnswer, notModelled } from './devops-error.ts';
import type { ProjectRecord } from './devops-records.ts';
import { devopsRoutes } from './devops-routes.ts';
import { createDevOpsThrottle, type DevOpsThrottle } from './devops-throttle.ts';
import { createRouteTable } from './match-route.ts';
import { unknownProject } from './routes/projects.ts';

const findRoute = createRouteTable(devopsRoutes);

/** Azure DevOps Services: organizations, projects, sign-in, api-versions and throttling around the routes. */
export function createDevOpsService(parts: DevOpsParts): SandboxService {
  const throttle = createDevOpsThrottle();
  return {
    name: 'devops',
    async handle(request, context) {
      const response = await answer(request, context, parts, throttle).catch(asResponse);
      return withStandardHeaders(response, request);
    },
  };
}

async function answer(
  request: SandboxRequest,
  context: SandboxContext,
  parts: DevOpsParts,
  throttle: DevOpsThrottle,
): Promise<SandboxResponse> {
  const { store } = parts;
  if (/^\/_signin$/i.test(request.rawPath)) throw new HtmlAnswer(200, signInTitle);
  const { organization, project: projectName, path } = readPath(request.rawPath);
  if (organization !== undefined && organization.toLowerCase() !== store.organization.name.toLowerCase()) {
    throw new HtmlAnswer(404, `The resource cannot be found: there is no organization ${escapeHtml(organization)}.`);
  }
  const caller = await authenticate(request, context, store);
  const query = parseQuery(request.rawQuery);
  const level = organization === undefined ? 'global' : projectName === undefined ? 'organization' : 'project';
  const match = findRoute(request.method, level, path);
  if (match === undefined) throw notModelled(`${request.method} ${request.rawPath}`);
  if (match === 'elsewhere') throw noSuchController(request);
  const { route, params } = match;
  checkApiVersion(route, request, query);
  const headers = throttle.admit(caller, route.cost, context.clock.now(), store.setting('throttleLimits'));
  const project = projectName === undefined ? undefined : findProject(projectName, parts);
  checkRights(caller, route);
  const call: DevOpsCall = {
    ...parts,
    request,
    context,
    caller,
    method: request.method,
    path,
    params,
    query,
    ...(project ? { project } : {}),
  };
  const response = await Promise.resolve(route.handle(call)).catch(asResponse);
  return { ...response, headers: { ...headers, ...response.headers } };
}

function findProject(nameOrId: string, { store }: DevOpsParts): ProjectRecord {
  const project = store.findProject(nameOrId);
  if (!project) throw unknownProject(nameOrId);
  return project;
}

/** Readers only read; a personal access token lets in where one of its scopes does. */
function checkRights({ role, scopes, identity }: DevOpsCaller, route: DevOpsRoute): void {
  const isInScope = scopes === undefined || route.scopes.some((scope) => scopes.includes(scope));
  if (!isInScope) {
    throw new DevOpsError(
      403,
      'UnauthorizedRequestException',
      `TF400813: The user '${identity.displayName}' is not authorized to access this resource. The token has none of the scopes ${route.scopes.join(', ')}.`,
    );
  }
  if (route.isWrite && role === 'reader') {
    throw forbidden(
      `The user '${identity.displayName}' needs Endpoint Creator/Administrator permission for this operation.`,
    );
  }
}

interface DevOpsPath {
  readonly organization?: string;
  readonly project?: string;
  /** From `/_apis` on, decoded part by part. */
  readonly path: string;
}

/** `/{organization}/{project}/_apis/…`; what is global has no organization. */
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
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest('HttpException', 'A potentially dangerous Request.Path value was detected from the client.');
  }
}

function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  return new Map([...new URLSearchParams(rawQuery)].map(([name, value]) => [name.toLowerCase(), value]));
}

function noSuchController({ method, rawPath }: SandboxRequest): DevOpsError {
  const message = `The controller for path '${rawPath}' was not found or does not implement ${method} on this level: organization routes and project routes differ.`;
  return new DevOpsError(404, 'HttpException', message);
}

function asResponse(error: unknown): SandboxResponse {
  if (error instanceof HtmlAnswer) return error.response;
  if (error instanceof DevOpsError) return buildErrorResponse(error);
  throw error;
}

function withStandardHeaders(response: SandboxResponse, { requestId }: SandboxRequest): SandboxResponse {
  const isJson = typeof response.body === 'object' && response.body !== null;
  return {
    ...response,
    headers: {
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      expires: '-1',
      activityid: requestId,
      'x-vss-e2eid': requestId,
      'x-tfs-session': requestId,
      ...(isJson ? { 'content-type': 'application/json; charset=utf-8; api-version=7.1' } : {}),
      ...response.headers,
    },
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
