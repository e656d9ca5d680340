import { createHttpHeaders, createPipelineRequest, type HttpMethods } from '@azure/core-rest-pipeline';
import type { Sandbox, SandboxCredentials, TenantAccess } from '../../src/sandbox/sandbox.ts';

type Service = 'graph' | 'arm' | 'devops';

/** A tenant of the sandbox as its services show it, without the product in between. */
export interface Tenant extends TenantAccess {
  /** Sends a request and resolves with the body. Paths start behind the version, the root or the organization. */
  send<Body>(service: Service, method: HttpMethods, path: string, body?: unknown): Promise<Body>;
  /** Every item of a list of Graph or Resource Manager. */
  list<Item>(service: Exclude<Service, 'devops'>, path: string): Promise<readonly Item[]>;
}

/** Signs in to a tenant of the sandbox. */
export function openTenant(sandbox: Sandbox, access: TenantAccess): Tenant {
  const tokens = new Map<Service, Promise<string>>();
  const tokenFor = (service: Service) => {
    const token = tokens.get(service) ?? signIn(sandbox, access.credentials, audienceOf(sandbox, service));
    tokens.set(service, token);
    return token;
  };
  const tenant: Tenant = {
    ...access,
    async send<Body>(service: Service, method: HttpMethods, path: string, body?: unknown) {
      const url = path.startsWith('https:') ? path : rootOf(sandbox, access, service) + path;
      const headers = {
        authorization: `Bearer ${await tokenFor(service)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      return (await exchange(sandbox, method, url, headers, body)) as Body;
    },
    async list<Item>(service: Service, path: string) {
      const items: Item[] = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const page: Page<Item> = await tenant.send(service, 'GET', next);
        items.push(...page.value);
        next = page['@odata.nextLink'] ?? page.nextLink;
      }
      return items;
    },
  };
  return tenant;
}

interface Page<Item> {
  readonly value: readonly Item[];
  readonly '@odata.nextLink'?: string;
  readonly nextLink?: string;
}

function rootOf({ cloud }: Sandbox, { credentials }: TenantAccess, service: Service): string {
  if (service === 'graph') return `${cloud.graph}/v1.0`;
  return service === 'arm' ? cloud.resourceManager : `${cloud.devops}/${credentials.organization}`;
}

function audienceOf({ cloud }: Sandbox, service: Service): string {
  if (service === 'graph') return cloud.graph;
  return service === 'arm' ? cloud.resourceManager : '499b84ac-1321-427f-aa17-267ca6975798';
}

async function signIn(sandbox: Sandbox, credentials: SandboxCredentials, audience: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    scope: `${audience}/.default`,
  });
  const url = `${sandbox.cloud.login}/${credentials.tenantId}/oauth2/v2.0/token`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await exchange(sandbox, 'POST', url, headers, form.toString());
  return (answer as { readonly access_token: string }).access_token;
}

/** Sends a request; where the tenant throttles, its clock is moved on instead of waiting. */
async function exchange(
  sandbox: Sandbox,
  method: HttpMethods,
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<unknown> {
  const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const request = createPipelineRequest({
    method,
    url: url.replaceAll(' ', '%20'),
    headers: createHttpHeaders({ ...headers }),
    ...(content !== undefined && { body: content }),
  });
  const response = await sandbox.httpClient.sendRequest(request);
  if (response.status === 429) {
    sandbox.advance(Number(response.headers.get('retry-after') ?? 10));
    return exchange(sandbox, method, url, headers, body);
  }
  const text = (response.bodyAsText ?? '').replace(/^\uFEFF/, '');
  if (response.status >= 400) throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return text === '' ? undefined : JSON.parse(text);
}
