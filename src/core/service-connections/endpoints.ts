import { type DevOpsApi, type DevOpsRequest, type DevOpsScope, devopsPath } from '../apis/devops/devops-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { offerNames } from '../base/nearest.ts';
import { badCharacter, quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { readTestResult } from './describe-endpoint.ts';
import {
  type Endpoint,
  forUpdate,
  type NewEndpoint,
  type Project,
  type ProjectScope,
  parseEndpoint,
  parseProject,
  storedParameters,
} from './endpoint.ts';
import type { Verification } from './service-connection.ts';
import { lookEveryMs, reserveMs, type Watch, waitUntilGone, waitUntilReady } from './wait-for-endpoint.ts';

export interface EndpointFilter {
  readonly type?: string;
  readonly names?: readonly string[];
  readonly ids?: readonly string[];
}

const root = '/_apis/serviceendpoint/endpoints';

/** Far more than a project has: a longer list is endless. */
const mostEndpoints = 10_000;

/**
 * The service endpoint routes of one connection's Azure DevOps, one method each. Secrets never come back: the service
 * answers null for them.
 */
export class Endpoints {
  readonly #devops: DevOpsApi;
  readonly #clock: Clock;

  constructor(devops: DevOpsApi, clock: Clock) {
    this.#devops = devops;
    this.#clock = clock;
  }

  /** Throws `not_found` with the names of the projects that the connection sees. */
  getProject(scope: ProjectScope, call: CallContext): Promise<Project> {
    return findProject(this.#devops, scope, call);
  }

  /** Includes failed endpoints, and the details that an update needs. */
  async list(scope: ProjectScope, filter: EndpointFilter, call: CallContext): Promise<readonly Endpoint[]> {
    const params = withoutUndefined({
      type: filter.type,
      endpointIds: filter.ids?.join(','),
      // The service separates names by commas; names that contain one are matched here.
      endpointNames: filter.names?.some((name) => name.includes(',')) === true ? undefined : filter.names?.join(','),
      includeFailed: true,
      includeDetails: true,
    });
    const request: DevOpsRequest = { method: 'GET', path: root, params, scope, reveals: true };
    const endpoints: Endpoint[] = [];
    let seen = 0;
    for await (const { items } of this.#devops.pages(request, {}, call)) {
      seen += items.length;
      if (seen > mostEndpoints) throw tooMany();
      for (const item of items) {
        const endpoint = parseEndpoint(item);
        if (endpoint !== undefined && isWanted(endpoint, filter)) endpoints.push(endpoint);
      }
    }
    return endpoints;
  }

  /** With details; undefined when it is unknown, invisible or gone. */
  async get(scope: ProjectScope, id: string, call: CallContext): Promise<Endpoint | undefined> {
    const request: DevOpsRequest = {
      method: 'GET',
      path: `${root}/${segment(id)}`,
      scope,
      expectedStatuses: [404],
      // A change sends the whole object back: what is masked would take the place of what is there.
      reveals: true,
    };
    const { status, body } = await this.#devops.send(request, call);
    return status === 404 ? undefined : parseEndpoint(body);
  }

  async create(scope: ProjectScope, endpoint: NewEndpoint, call: CallContext): Promise<Endpoint> {
    const scoped = { scope: ofOrganization(scope), reveals: true };
    const request: DevOpsRequest = { method: 'POST', path: root, body: endpoint, ...scoped };
    const { body, status } = await this.#devops.send(request, call);
    return parseEndpoint(body) ?? answerWithoutEndpoint(`${endpoint.name} was sent to the service`, status);
  }

  /** Sends the whole object; `operation` is `ConvertAuthenticationScheme` for a conversion or its revert. */
  async update(
    scope: ProjectScope,
    endpoint: Endpoint,
    { operation }: { readonly operation?: string },
    call: CallContext,
  ): Promise<Endpoint> {
    const request: DevOpsRequest = {
      method: 'PUT',
      path: `${root}/${segment(endpoint.id)}`,
      ...(operation === undefined ? {} : { params: { operation } }),
      body: forUpdate(endpoint),
      // A conversion is asked for in its project, as the service's own script does.
      scope: operation === undefined ? ofOrganization(scope) : scope,
      reveals: true,
    };
    const { body, status } = await this.#devops.send(request, call);
    return (
      parseEndpoint(body) ??
      answerWithoutEndpoint(`The change of ${quoted(endpoint.name)} was sent to the service`, status)
    );
  }

  /** `deep` also removes the app that Azure DevOps made. Resolves when the endpoint is really gone. */
  async remove(
    scope: ProjectScope,
    id: string,
    { projectIds, deep = false }: { readonly projectIds: readonly string[]; readonly deep?: boolean },
    call: CallContext,
  ): Promise<void> {
    const request: DevOpsRequest = {
      method: 'DELETE',
      path: `${root}/${segment(id)}`,
      params: { projectIds: projectIds.join(','), ...(deep ? { deep: true } : {}) },
      scope: ofOrganization(scope),
      expectedStatuses: [404],
    };
    await this.#devops.send(request, call);
    await waitUntilGone(this.#watch(scope, id, call), call);
  }

  /** Polls until it is ready; throws with the service's message when it failed. */
  waitUntilReady(scope: ProjectScope, id: string, call: CallContext): Promise<Endpoint> {
    return waitUntilReady(this.#watch(scope, id, call), call);
  }

  /** The service's own `TestConnection`. With `retryForMs`, federation that is seconds old is tried again. */
  async test(
    scope: ProjectScope,
    endpoint: Endpoint,
    { retryForMs = 0 }: { readonly retryForMs?: number },
    call: CallContext,
  ): Promise<Verification> {
    const request: DevOpsRequest = {
      method: 'POST',
      path: '/_apis/serviceendpoint/endpointproxy',
      params: { endpointId: endpoint.id },
      body: testBody(endpoint),
      scope,
      readOnly: true,
    };
    const until = Math.min(this.#clock.now() + retryForMs, call.deadlineAt - reserveMs);
    for (;;) {
      const { body } = await this.#devops.send(request, call);
      const result = readTestResult(body, endpoint);
      if (result.ok || this.#clock.now() + lookEveryMs > until) return result;
      await delay(lookEveryMs, call.signal);
    }
  }

  async grantAllPipelines(scope: ProjectScope, id: string, call: CallContext): Promise<void> {
    const request: DevOpsRequest = {
      method: 'PATCH',
      path: `/_apis/pipelines/pipelinepermissions/endpoint/${segment(id)}`,
      apiVersion: '7.1-preview.1',
      body: { allPipelines: { authorized: true, authorizedBy: null, authorizedOn: null } },
      scope,
    };
    await this.#devops.send(request, call);
  }

  #watch(scope: ProjectScope, id: string, call: CallContext): Watch {
    return { id, look: () => this.get(scope, id, call), clock: this.#clock };
  }
}

/**
 * The body of the service's own test. Only the named data source is ever asked for: a free address would let a caller
 * send the endpoint's credentials elsewhere.
 */
export function testBody(endpoint: Endpoint): Readonly<Record<string, unknown>> {
  const { type, url, data, authorization } = endpoint;
  return {
    dataSourceDetails: { dataSourceName: 'TestConnection' },
    resultTransformationDetails: {},
    serviceEndpointDetails: {
      type,
      url,
      data: data ?? {},
      authorization: { scheme: authorization.scheme, parameters: storedParameters(endpoint) },
    },
  };
}

function tooMany(): AppError {
  return new AppError('upstream_error', `The service listed more than ${mostEndpoints} service connections.`, {
    hint: 'Call again; if it persists, report it to the administrators of the organization.',
  });
}

/** Applies the filter again: not every version of the service knows every filter. */
function isWanted(endpoint: Endpoint, { type, names, ids }: EndpointFilter): boolean {
  const isOneOf = (text: string, wanted: readonly string[] | undefined) =>
    wanted?.some((one) => one.toLowerCase() === text.toLowerCase()) ?? true;
  return (
    isOneOf(endpoint.type, type === undefined ? undefined : [type]) &&
    isOneOf(endpoint.name, names) &&
    isOneOf(endpoint.id, ids)
  );
}

/** A success without the object does not tell what exists now. */
function answerWithoutEndpoint(what: string, status: number): never {
  throw new AppError('outcome_unknown', `${what}, and its answer has no service connection in it.`, {
    hint: 'Check the result with list_service_connections before repeating it.',
    status,
  });
}

/** Names of projects that an error shows. */
const mostNames = 20;

/** The project with a name or id. Throws `not_found` with the names of those that the connection sees. */
async function findProject(devops: DevOpsApi, scope: ProjectScope, call: CallContext): Promise<Project> {
  const organization = ofOrganization(scope);
  // What cannot be a project is refused before anything is sent.
  devopsPath(devops.organizationOf(organization), scope.project, '/_apis/projects');
  const path = `/_apis/projects/${segment(scope.project.trim())}`;
  try {
    const { body } = await devops.send({ method: 'GET', path, scope: organization, expectedStatuses: [404] }, call);
    const project = parseProject(body);
    if (project !== undefined) return project;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
  }
  throw await unknownProject(devops, scope, call);
}

async function unknownProject(devops: DevOpsApi, scope: ProjectScope, call: CallContext): Promise<AppError> {
  const names: string[] = [];
  const request: DevOpsRequest = { method: 'GET', path: '/_apis/projects', scope: ofOrganization(scope) };
  for await (const { items } of devops.pages(request, { maxItems: 1_000 }, call)) {
    names.push(...items.flatMap((item) => parseProject(item)?.name ?? []));
  }
  const { names: nearest } = offerNames(scope.project, names, mostNames);
  const organization = devops.organizationOf(scope);
  const hint =
    nearest.length === 0
      ? 'The connection sees no project there: add its app to the organization (Organization settings > Users), with access to the project.'
      : 'Use the name or id of a project that it sees, or add the app of the connection to the project.';
  const seen =
    nearest.length === 0 ? '' : ` It has ${quoteNames(nearest)}${names.length > nearest.length ? ', …' : ''}.`;
  return new AppError('not_found', `The organization ${organization} has no project ${shown(scope.project)}.${seen}`, {
    hint,
    detail: { projects: nearest },
  });
}

/** A name as one segment of a path. */
function segment(text: string): string {
  if (text.trim() === '' || /[/\\]/.test(text)) {
    const bad = badCharacter(text, /^[^/\\]*$/);
    throw invalidArgument(
      `${shown(text)} is not a name or id${bad === undefined ? '' : `: ${bad}`}.`,
      'Use a name without slashes, or an id.',
    );
  }
  return encodeURIComponent(text.toWellFormed());
}

/** What was given, for a message. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** The scope of a route that belongs to the organization. */
function ofOrganization({ organization }: ProjectScope): DevOpsScope {
  return organization === undefined ? {} : { organization };
}
