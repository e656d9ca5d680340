import type { CallContext } from '../../base/call-context.ts';
import { absentAddress, builtInClouds } from '../../base/clouds.ts';
import { AppError, invalidArgument } from '../../base/errors.ts';
import { badCharacter, isPlainLine, plainLine } from '../../base/plain-text.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiFactory } from '../../http/api-descriptor.ts';
import { listIn, type Page, type PageLimits } from '../../http/page.ts';
import { type PagingDialect, paginate } from '../../http/paginate.ts';
import { encodeValue } from '../../http/url-text.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import { createDevOpsDescriptor } from './devops-descriptor.ts';

/** Where a request goes: an organization, and one of its projects where the route wants one. */
export interface DevOpsScope {
  /** Name of the organization; the connection's when absent. */
  readonly organization?: string | undefined;
  /** Name or id of the project. */
  readonly project?: string | undefined;
}

/** A request whose `path` is below organization and project: `/_apis/serviceendpoint/endpoints`. */
export type DevOpsRequest = ApiRequest & { readonly scope: DevOpsScope };

/** Azure DevOps Services for one connection. Failures are `AppError`s with hints. */
export interface DevOpsApi {
  /** The organization that a call means; throws `configuration` when neither the call nor the connection names one. */
  organizationOf(scope: DevOpsScope): string;
  /** One request. An answer that is not JSON is a failed sign-in, whatever its status. */
  send(request: DevOpsRequest, call: CallContext): Promise<ApiResponse>;
  /** Pages of a list by `X-MS-ContinuationToken`. */
  pages(request: DevOpsRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
}

export interface DevOpsApiOptions {
  readonly client: ApiClient;
  readonly connection: ConnectionRecord;
}

/** A second conversion is refused, so one whose answer was lost is looked up and not sent again. */
const conversion = 'convertauthenticationscheme';

class ConnectedDevOpsApi implements DevOpsApi {
  readonly #options: DevOpsApiOptions;

  constructor(options: DevOpsApiOptions) {
    this.#options = options;
  }

  organizationOf({ organization }: DevOpsScope): string {
    const { name, identity, cloud } = this.#options.connection;
    const meant = organization ?? identity.organization;
    if (meant === undefined) {
      throw new AppError('configuration', `The connection ${name} names no Azure DevOps organization.`, {
        hint: 'Pass organization, or supply it once with complete_connection.',
      });
    }
    const root = this.#root();
    if (root === absentAddress('devops')) {
      throw new AppError('configuration', `The cloud ${cloud} of the connection ${name} has no Azure DevOps.`, {
        hint:
          cloud in builtInClouds
            ? 'Azure DevOps Services is in the public cloud only: use a connection of the cloud public, which also makes service connections to other clouds (environment). A server of your own is a cloud of its own in tenantry.yaml.'
            : `Name its address as devops under clouds: ${cloud} in tenantry.yaml, or use a connection of another cloud.`,
      });
    }
    return readOrganization(meant, root);
  }

  async send(request: DevOpsRequest, call: CallContext): Promise<ApiResponse> {
    return this.#options.client.send(this.#prepare(request), call);
  }

  async *pages(request: DevOpsRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined> {
    const { client } = this.#options;
    const prepared = this.#prepare(request);
    const walk = {
      client,
      dialect: devopsPaging(prepared),
      first: (inner: CallContext) => client.send(prepared, inner),
      headersOf: () => prepared.headers,
      canRestart: false,
      limits,
    };
    yield* paginate(walk, call);
  }

  /** Address of Azure DevOps in the connection's cloud, without a slash at the end. */
  #root(): string {
    return this.#options.client.resolveUrl({ path: '/_apis/projects' }).replace(/\/_apis\/projects\?.*$/, '');
  }

  #prepare({ scope, ...request }: DevOpsRequest): ApiRequest {
    const path = devopsPath(this.organizationOf(scope), scope.project, request.path);
    const isConversion = String(request.params?.['operation'] ?? '').toLowerCase() === conversion;
    return { ...request, path, ...(isConversion ? { once: true } : {}) };
  }
}

export function createDevOpsApi(options: DevOpsApiOptions): DevOpsApi {
  return new ConnectedDevOpsApi(options);
}

/** Azure DevOps for the connections of a process. */
export function devopsApis(): ApiFactory<DevOpsApi> {
  const descriptor = createDevOpsDescriptor();
  return ({ connection, clientOf }) => createDevOpsApi({ client: clientOf(descriptor), connection });
}

/**
 * Lists `{ count, value }`; the token for the next page is a header of the answer and an option of the same request.
 * `nextLink` of a page is that token. `count` only counts the page, so it is not passed on.
 *
 * https://learn.microsoft.com/rest/api/azure/devops
 */
function devopsPaging(request: ApiRequest): PagingDialect {
  return {
    read({ body, headers }) {
      const nextLink = headers['x-ms-continuationtoken'] || undefined;
      return { items: Array.isArray(body) ? body : listIn(body), nextLink };
    },
    follow: (token) => ({ ...request, params: { ...request.params, continuationToken: token } }),
    isExpiredLink: () => false,
  };
}

const publicRoot = 'https://dev.azure.com';

const organizationHint =
  'Use its name as in https://dev.azure.com/{organization}: letters, digits and dashes, at most 50.';

/** Rules: https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions */
const organizationPattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/;

/** What the name of a project may consist of; most of the other characters also mean something in an address. */
const projectCharacters = /^[^\\/:~&%;@'"?<>|#$*}{,+=[\]]*$/;

/**
 * Name of an organization, also from its address in the same cloud: `https://dev.azure.com/{name}`, or
 * `https://{name}.visualstudio.com`, which is the older form of the public cloud. Throws `invalid_argument`.
 */
export function readOrganization(given: string, root: string): string {
  const text = given.trim();
  const name = /^https?:/i.test(text) ? nameInAddress(text, root) : text;
  if (name === undefined) {
    throw invalidArgument(
      'The address is not that of an organization in the cloud of the connection.',
      organizationHint,
    );
  }
  if (!organizationPattern.test(name)) {
    throw invalidArgument('The name of the organization is not valid.', organizationHint);
  }
  return name;
}

function nameInAddress(text: string, root: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  const old = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(url.host)?.[1];
  if (old !== undefined) {
    return root === publicRoot && url.protocol === 'https:' && url.pathname === '/' ? old : undefined;
  }
  const address = `${url.origin}${url.pathname}`.replace(/\/$/, '');
  return address.startsWith(`${root}/`) ? address.slice(root.length + 1) : undefined;
}

/** Throws `invalid_argument` for what cannot be the name or the id of a project. */
function checkProject(project: string): void {
  const isNamed = project.trim() !== '' && !/^\.+$/.test(project) && project.length <= 64;
  if (!isNamed || !projectCharacters.test(project) || !isPlainLine(project)) {
    const bad = badCharacter(project, projectCharacters) ?? badCharacter(project, plainLine);
    throw invalidArgument(
      `The name of the project is not valid${bad === undefined ? '' : `: ${bad}`}.`,
      'Use the name or the id of the project alone: at most 64 characters, and none of \\ / : * ? " < > | # % & and the like.',
    );
  }
}

/** Path of a route in an organization and, if given, a project: each is one segment, whatever it contains. */
export function devopsPath(organization: string, project: string | undefined, route: string): string {
  if (project !== undefined) checkProject(project);
  if (!/^\/_[a-z]+\//i.test(route)) {
    throw invalidArgument('The address is not one of Azure DevOps.', 'Use a route such as /_apis/projects.');
  }
  return `/${encodeValue(organization)}${project === undefined ? '' : `/${encodeValue(project.trim())}`}${route}`;
}
