import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import { AppError, invalidArgument } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiFactory } from '../../http/api-descriptor.ts';
import type { Page, PageLimits } from '../../http/page.ts';
import { paginate, tracePages } from '../../http/paginate.ts';
import type { Operation } from '../../operations/operation.ts';
import { startedOperation } from '../../operations/read-operation.ts';
import { actsForCaller, type ConnectionRecord } from '../../record/connection.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { ApiVersions, createVersionCache, type VersionChoice } from './api-versions.ts';
import { armPaging, createArmDescriptor, queryPaging } from './arm-descriptor.ts';
import { withArmOptions } from './arm-options.ts';
import { isReadOnlyPost, isRepeatableAction } from './arm-path.ts';
import { createProviderSource } from './provider-source.ts';
import { nearestServed, readVersionRefusal } from './served-versions.ts';

/** Answer of a write that is done or still running. */
export interface ArmWriteOutcome {
  readonly response: ApiResponse;
  /** Present while the service is still working: poll it, or hand it out as a handle. */
  readonly operation?: Operation;
}

/**
 * Azure Resource Manager for one connection. A missing api-version is resolved from provider metadata, cached for the
 * process and noted; an explicit one wins. Failures are `AppError`s with hints.
 */
export interface ArmApi {
  /**
   * A read or another request that ends with its answer. `apiVersion` may be a date, `latest` (as when it is absent) or
   * `preview` (the newest of all).
   */
  send(request: ApiRequest, call: CallContext): Promise<ApiResponse>;
  /**
   * Pages of a list. With a POST, every page is requested with the body; `nextLink` of such a page is the token for
   * `options.$skipToken` of the body, not an address.
   */
  pages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
  /** PUT, PATCH, POST or DELETE, which may start a long-running operation. */
  write(request: ApiRequest, call: CallContext): Promise<ArmWriteOutcome>;
  /** The api-version for a path. Throws `not_found` with the nearest types when the provider does not know the type. */
  versionFor(path: string, options: { readonly preview?: boolean }, call: CallContext): Promise<VersionChoice>;
  /** The address with api-version that `send` would use: for dry runs. */
  preview(request: ApiRequest, call: CallContext): Promise<string>;
  /** `/subscriptions/{id}` of the connection; throws `configuration` when it has none. */
  readonly subscriptionPath: string;
}

export interface ArmApiOptions {
  readonly client: ApiClient;
  readonly versions: ApiVersions;
  readonly connection: ConnectionRecord;
  readonly clock: Clock;
  readonly telemetry?: Telemetry;
}

/** Any version will do: the address is only read. */
const anyVersion = '2000-01-01';

/** Names that ask for a version instead of naming one. */
const versionWishes: Readonly<Record<string, { readonly preview: boolean }>> = {
  latest: { preview: false },
  preview: { preview: true },
};

class ConnectedArmApi implements ArmApi {
  readonly #options: ArmApiOptions;

  constructor(options: ArmApiOptions) {
    this.#options = options;
  }

  get subscriptionPath(): string {
    const { name, identity } = this.#options.connection;
    if (identity.subscription_id === undefined) {
      throw new AppError('configuration', `The connection ${name} has no subscription.`, {
        hint: 'Pass subscription_id to complete_connection, or name the subscription in the path.',
      });
    }
    return `/subscriptions/${identity.subscription_id}`;
  }

  async send(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { response } = await this.#exchange(await this.#prepare(request, call), call);
    return response;
  }

  async *pages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined> {
    const { client, telemetry } = this.#options;
    let prepared = await this.#prepare(request, call);
    const isQuery = request.method === 'POST';
    const walk = {
      client,
      dialect: isQuery ? queryPaging(() => prepared.request) : armPaging,
      first: async (inner: CallContext) => {
        const exchange = await this.#exchange(prepared, inner);
        prepared = exchange.prepared;
        return exchange.response;
      },
      headersOf: () => request.headers,
      origin: originOf(request),
      canRestart: request.verbatim !== true && !isQuery,
      // Rows of a query may repeat; resources of a list may not.
      unique: !isQuery,
      limits,
    };
    const pages = paginate(walk, call);
    yield* telemetry === undefined ? pages : tracePages(pages, telemetry, 'arm');
  }

  async write(request: ApiRequest, call: CallContext): Promise<ArmWriteOutcome> {
    const { client, connection, clock } = this.#options;
    const isRepeatable = request.method === 'POST' && isRepeatableAction(request.path);
    const wanted = isRepeatable ? { ...request, idempotent: true } : request;
    const { response, prepared } = await this.#exchange(await this.#prepare(wanted, call), call);
    const url = client.resolveUrl(prepared.request);
    const operation = startedOperation({
      api: 'arm',
      client,
      connectionId: connection.id,
      request,
      url,
      response,
      clock,
      call,
    });
    return operation === undefined ? { response } : { response, operation };
  }

  versionFor(
    path: string,
    { preview = false }: { readonly preview?: boolean },
    call: CallContext,
  ): Promise<VersionChoice> {
    return this.#options.versions.choose(this.#pathOf(path), preview, call);
  }

  async preview(request: ApiRequest, call: CallContext): Promise<string> {
    return this.#options.client.resolveUrl((await this.#prepare(request, call)).request);
  }

  /** The request with exactly one api-version. One that the caller names wins, wherever it stands. */
  async #prepare(given: ApiRequest, call: CallContext): Promise<Prepared> {
    if (given.verbatim === true) return { request: given };
    const request = withArmOptions(given, call);
    const asked = askedVersion(request);
    const wish = asked === undefined ? { preview: false } : versionWishes[asked.toLowerCase()];
    if (asked !== undefined && wish === undefined) {
      const isOurs = given.versionIsAsked !== true && asked === given.apiVersion;
      return { request: { ...request, apiVersion: asked }, ...(isOurs ? { ours: asked } : {}) };
    }
    const choice = await this.versionFor(request.path, wish ?? {}, call);
    const { version, resourceType, isPreview } = choice;
    if (given.saysVersion === true) {
      call.note(`api-version ${quoted(version)} of ${quoted(resourceType)}${isPreview ? ' (preview)' : ''}`);
    }
    return { request: { ...request, apiVersion: version }, ours: version, choice };
  }

  /**
   * Sends a request. A version of our own choice that this cloud does not serve gives way to one that it serves: the refusal
   * names them, and nothing has been done. A write of a form that we know for one version only is not tried with another.
   */
  async #exchange(prepared: Prepared, call: CallContext) {
    const { client, versions } = this.#options;
    const { request, ours, choice } = prepared;
    try {
      return { response: await client.send(request, call), prepared };
    } catch (error) {
      const refusal = ours === undefined ? undefined : readVersionRefusal(error);
      if (refusal === undefined || ours === undefined || !(error instanceof AppError)) throw error;
      const { served, refused = ours } = refusal;
      // That of a resource in the body, such as one of a template: another version of the request would not help.
      if (refused.toLowerCase() !== ours.toLowerCase()) throw notServedInside(error, refused, served);
      const other = nearestServed(ours, served);
      if (other === undefined || (choice === undefined && !isReading(request))) throw notServed(error, ours, served);
      call.note(`This cloud does not serve api-version ${ours} here: ${other} was used instead.`);
      if (choice !== undefined) versions.replace(choice, other);
      const again = { request: { ...request, apiVersion: other } };
      return { response: await client.send(again.request, call), prepared: again };
    }
  }

  /** Path below the root, after the checks of every address: nothing is looked up for a hostile one. */
  #pathOf(path: string): string {
    const { client } = this.#options;
    const root = client.resolveUrl({ path: '/providers', apiVersion: anyVersion }).replace(/\/providers\?.*$/, '');
    return client.resolveUrl({ path, apiVersion: anyVersion }).slice(root.length);
  }
}

/** A request with its version, and whose choice that was. */
interface Prepared {
  readonly request: ApiRequest;
  /** The version, where the caller of a tool did not name it. */
  readonly ours?: string;
  /** Present where it was found in what the provider publishes. */
  readonly choice?: VersionChoice;
}

function isReading({ method, path, readOnly }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD' || readOnly === true || (method === 'POST' && isReadOnlyPost(path));
}

/** Nobody asked for that version, so nobody is told to leave it out. */
function notServed(error: AppError, version: string, served: readonly string[]): AppError {
  const others = served.length === 0 ? '' : `, one of ${served.slice(-5).join(', ')}`;
  return error.with({
    hint: `Tenantry chose api-version ${version}, which this cloud does not serve for the type: pass another one as api_version of arm_query or arm_write${others}.`,
  });
}

/** The caller wrote that version, and not for the request itself. */
function notServedInside(error: AppError, version: string, served: readonly string[]): AppError {
  const others = served.length === 0 ? '' : `, such as ${served.slice(-5).join(', ')}`;
  return error.with({
    hint: `The body names the api-version ${quoted(version)} for a type in it: write one that is served${others}.`,
  });
}

/** What a list was asked for with, where it begins in the middle too. */
function originOf({ method, path, params, answersTo }: ApiRequest): NonNullable<ApiRequest['answersTo']> {
  return answersTo ?? withoutUndefined({ method, path, params });
}

/** The api-version that the caller names: as argument, among the parameters, or in the address. */
function askedVersion({ apiVersion, params, path }: ApiRequest): string | undefined {
  const query = new URLSearchParams(path.includes('?') ? path.slice(path.indexOf('?') + 1) : '');
  const inParams = Object.entries(params ?? {}).filter(([name]) => isVersionName(name));
  const asked = [
    apiVersion,
    ...inParams.map(([, value]) => (value === null || value === undefined ? undefined : String(value))),
    ...[...query].filter(([name]) => isVersionName(name)).map(([, value]) => value),
  ].filter((version) => version !== undefined && version !== '');
  if (new Set(asked).size > 1) {
    throw invalidArgument(
      'The request names different api-versions.',
      'Name only one, in api_version, in params or in the path; without one, the newest stable version is used.',
    );
  }
  return asked[0];
}

function isVersionName(name: string): boolean {
  return name.toLowerCase() === 'api-version';
}

export function createArmApi(options: ArmApiOptions): ArmApi {
  return new ConnectedArmApi(options);
}

/** Resource Manager for the connections of a process, which share the api-versions that they look up. */
export function armApis(): ApiFactory<ArmApi> {
  const descriptor = createArmDescriptor();
  const cache = createVersionCache();
  return ({ connection, cloud, clock, telemetry, clientOf }) => {
    const client = clientOf(descriptor);
    const home = `${cloud.name} ${connection.identity.tenant_id ?? connection.id}`;
    // What one person may read of a subscription is no answer for another one.
    const known = actsForCaller(connection) ? createVersionCache() : cache;
    const versions = new ApiVersions({ source: createProviderSource(client), cache: known, home });
    return createArmApi({ client, versions, connection, clock, telemetry });
  };
}
