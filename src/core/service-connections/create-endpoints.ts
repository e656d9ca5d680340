import type { DevOpsApi, DevOpsRequest } from '../apis/devops/devops-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { parseEndpoint } from './endpoint-schema.ts';
import { answerWithoutEndpoint, endpointFailed, endpointGone, stateOf, stillInProgress } from './endpoint-state.ts';
import type { Endpoint, EndpointFilter, Endpoints, NewEndpoint, Project, ProjectScope } from './endpoints.ts';
import { findProject } from './find-project.ts';
import { lookEveryMs, mostBlindLooks, poll, reserveMs } from './poll.ts';
import { ofOrganization, ofProject, segment } from './route-parts.ts';
import type { Verification } from './service-connection.ts';
import { readTestResult, testBody } from './test-result.ts';

export interface EndpointsOptions {
  readonly devops: DevOpsApi;
  readonly clock: Clock;
}

const root = '/_apis/serviceendpoint/endpoints';

/** Far more than a project has: a list that goes on after that has no end. */
const mostEndpoints = 10_000;

class ConnectedEndpoints implements Endpoints {
  readonly #devops: DevOpsApi;
  readonly #clock: Clock;

  constructor({ devops, clock }: EndpointsOptions) {
    this.#devops = devops;
    this.#clock = clock;
  }

  getProject(scope: ProjectScope, call: CallContext): Promise<Project> {
    return findProject(this.#devops, scope, call);
  }

  async list(scope: ProjectScope, filter: EndpointFilter, call: CallContext): Promise<readonly Endpoint[]> {
    const params = withoutUndefined({
      type: filter.type,
      authSchemes: filter.authSchemes,
      endpointIds: filter.ids?.join(','),
      // The service separates names by commas, which names may contain: those are looked for here.
      endpointNames: filter.names?.some((name) => name.includes(',')) === true ? undefined : filter.names?.join(','),
      includeFailed: filter.includeFailed,
      includeDetails: filter.includeDetails,
    });
    const request: DevOpsRequest = { method: 'GET', path: root, params, scope: ofProject(scope) };
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

  async get(scope: ProjectScope, id: string, call: CallContext): Promise<Endpoint | undefined> {
    const request: DevOpsRequest = {
      method: 'GET',
      path: `${root}/${segment(id)}`,
      scope: ofProject(scope),
      expectedStatuses: [404],
    };
    const { status, body } = await this.#devops.send(request, call);
    return status === 404 ? undefined : parseEndpoint(body);
  }

  async create(scope: ProjectScope, endpoint: NewEndpoint, call: CallContext): Promise<Endpoint> {
    const request: DevOpsRequest = { method: 'POST', path: root, body: endpoint, scope: ofOrganization(scope) };
    const { body, status } = await this.#devops.send(request, call);
    return parseEndpoint(body) ?? answerWithoutEndpoint(`${endpoint.name} was sent to the service`, status);
  }

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
      body: endpoint,
      // A conversion is asked for in its project, as the service's own script does.
      scope: operation === undefined ? ofOrganization(scope) : ofProject(scope),
    };
    const { body, status } = await this.#devops.send(request, call);
    return (
      parseEndpoint(body) ?? answerWithoutEndpoint(`The change of ${endpoint.name} was sent to the service`, status)
    );
  }

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
    let failures = 0;
    const isGone = await poll(this.#clock, call, async () => {
      const endpoint = await this.get(scope, id, call);
      // One that had failed before may say so until its deletion begins.
      failures = endpoint !== undefined && stateOf(endpoint) === 'failed' ? failures + 1 : 0;
      if (endpoint !== undefined && failures >= mostBlindLooks) throw endpointFailed(endpoint, 'could not be deleted');
      return endpoint === undefined ? true : undefined;
    });
    if (isGone === undefined) throw stillInProgress(`The deletion of the service connection ${id}`);
  }

  async waitUntilReady(scope: ProjectScope, id: string, call: CallContext): Promise<Endpoint> {
    let missing = 0;
    const ready = await poll(this.#clock, call, async () => {
      const endpoint = await this.get(scope, id, call);
      if (endpoint === undefined) {
        // What was made a moment ago may not be seen yet.
        missing += 1;
        if (missing >= mostBlindLooks) throw endpointGone(id);
        return undefined;
      }
      missing = 0;
      if (stateOf(endpoint) === 'failed') throw endpointFailed(endpoint, 'is not usable');
      return stateOf(endpoint) === 'ready' ? endpoint : undefined;
    });
    if (ready === undefined) throw stillInProgress(`The service connection ${id}`);
    return ready;
  }

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
      scope: ofProject(scope),
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
      scope: ofProject(scope),
    };
    await this.#devops.send(request, call);
  }
}

function tooMany(): AppError {
  return new AppError('upstream_error', `The service listed more than ${mostEndpoints} service connections.`, {
    hint: 'Call again; if it stays like this, report it to those who administer the organization.',
  });
}

/** What the service was asked for, once more: not every version of it knows every filter. */
function isWanted(endpoint: Endpoint, { type, names, ids }: EndpointFilter): boolean {
  const isOneOf = (text: string, wanted: readonly string[] | undefined) =>
    wanted?.some((one) => one.toLowerCase() === text.toLowerCase()) ?? true;
  return (
    isOneOf(endpoint.type, type === undefined ? undefined : [type]) &&
    isOneOf(endpoint.name, names) &&
    isOneOf(endpoint.id, ids)
  );
}

/** Service endpoints of one connection's Azure DevOps. */
export function createEndpoints(options: EndpointsOptions): Endpoints {
  return new ConnectedEndpoints(options);
}
