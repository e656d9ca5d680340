import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiFactory } from '../../http/api-parts.ts';
import type { Page, PageLimits } from '../../http/page.ts';
import { paginate } from '../../http/paginate.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import { devopsPath, readOrganization } from './devops-address.ts';
import type { DevOpsApi, DevOpsRequest, DevOpsScope } from './devops-api.ts';
import { createDevOpsDescriptor } from './devops-descriptor.ts';
import { devopsPaging } from './devops-paging.ts';

export interface DevOpsApiOptions {
  readonly client: ApiClient;
  readonly connection: ConnectionRecord;
}

/** What a cloud of one's own has that names no Azure DevOps. */
const noDevOps = 'https://devops.invalid';

/** A second conversion is refused, so that one whose answer was lost is looked up instead of sent again. */
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
    if (root === noDevOps) {
      throw new AppError('configuration', `The cloud ${cloud} of the connection ${name} has no Azure DevOps.`, {
        hint: `Name its address as devops under clouds: ${cloud} in tenantry.yaml, or use a connection of another cloud.`,
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
    let sent = limits.first;
    const first = async (inner: CallContext) => {
      const response = sent ?? (await client.send(prepared, inner));
      sent = undefined;
      return { response, headers: prepared.headers };
    };
    yield* paginate({ client, dialect: devopsPaging(prepared), first, canRestart: false, limits }, call);
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

/** Azure DevOps Services for one connection. */
export function createDevOpsApi(options: DevOpsApiOptions): DevOpsApi {
  return new ConnectedDevOpsApi(options);
}

/** Azure DevOps for the connections of a process. */
export function devopsApis(): ApiFactory<DevOpsApi> {
  const descriptor = createDevOpsDescriptor();
  return ({ connection, clientOf }) => createDevOpsApi({ client: clientOf(descriptor), connection });
}
