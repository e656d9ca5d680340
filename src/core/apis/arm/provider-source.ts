import type { Provider } from '@azure/arm-resources';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { CallContext } from '../../base/call-context.ts';
import { isRecord } from '../../base/guards.ts';
import { type ApiClient, httpMethods } from '../../http/api-client.ts';
import { notInForm } from '../../http/unexpected-form.ts';

/** A resource type with its versions, as its provider publishes it. */
export interface ProviderType {
  readonly name: string;
  readonly apiVersions: readonly string[];
}

export interface ProviderTypes {
  /** As the provider spells it. */
  readonly namespace: string;
  readonly types: readonly ProviderType[];
}

/** Provider metadata of one subscription, or of the tenant when it is undefined. Failures are `AppError`s. */
export interface ProviderSource {
  types(namespace: string, subscriptionId: string | undefined, call: CallContext): Promise<ProviderTypes>;
  namespaces(subscriptionId: string | undefined, call: CallContext): Promise<readonly string[]>;
}

/** Lets an Azure SDK client send through our pipeline: tokens, limits and retries are those of the connection. */
function sdkTransport(client: ApiClient, call: CallContext): HttpClient {
  return {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      const { createHttpHeaders } = await import('@azure/core-rest-pipeline');
      const method = httpMethods.find((name) => name === request.method) ?? 'GET';
      const answer = await client.send({ method, path: request.url, verbatim: true }, call);
      const { status, headers, body, json } = answer;
      // The SDK reads members of whatever comes.
      if (!isRecord(body)) throw notInForm('the resource providers', answer);
      return {
        request,
        status,
        headers: createHttpHeaders({ ...headers }),
        bodyAsText: json?.toString() ?? JSON.stringify(body),
      };
    },
  };
}

/** Version of the provider routes themselves. */
const apiVersion = '2021-04-01';

async function connect(client: ApiClient, subscriptionId: string | undefined, call: CallContext) {
  const { ResourceManagementClient } = await import('@azure/arm-resources');
  // The SDK's own credential is not used: the pipeline below adds the token.
  const credential = { getToken: async () => null };
  const sdk = new ResourceManagementClient(credential, subscriptionId ?? '', {
    endpoint: client.resolveUrl({ path: '/providers', apiVersion }).replace(/\/providers\?.*$/, ''),
    apiVersion,
    httpClient: sdkTransport(client, call),
    retryOptions: { maxRetries: 0 },
    allowInsecureConnection: true,
  });
  for (const name of ['bearerTokenAuthenticationPolicy', 'userAgentPolicy', 'setClientRequestIdPolicy']) {
    sdk.pipeline.removePolicy({ name });
  }
  return sdk;
}

/** Reads provider metadata with `@azure/arm-resources`, which is loaded by the first look-up. */
export function createProviderSource(client: ApiClient): ProviderSource {
  return {
    async types(namespace, subscriptionId, call) {
      const { providers } = await connect(client, subscriptionId, call);
      const found = await (subscriptionId === undefined
        ? providers.getAtTenantScope(namespace)
        : providers.get(namespace));
      return {
        namespace: found.namespace ?? namespace,
        types: (found.resourceTypes ?? []).map((type) => ({
          name: type.resourceType ?? '',
          apiVersions: type.apiVersions ?? [],
        })),
      };
    },
    async namespaces(subscriptionId, call) {
      const { providers } = await connect(client, subscriptionId, call);
      const pages = subscriptionId === undefined ? providers.listAtTenantScope() : providers.list();
      const names: string[] = [];
      for await (const found of pages) {
        const provider: Provider | null = found;
        if (provider?.namespace !== undefined) names.push(provider.namespace);
      }
      return names;
    },
  };
}
