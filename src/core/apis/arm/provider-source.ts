import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import { type ApiClient, httpMethods } from '../../http/api-client.ts';
import { readAnswer } from '../../http/read-answer.ts';

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
      const { status, headers, body, json } = await client.send({ method, path: request.url, verbatim: true }, call);
      return {
        request,
        status,
        headers: createHttpHeaders({ ...headers }),
        bodyAsText: json?.toString() ?? (typeof body === 'string' ? body : ''),
      };
    },
  };
}

const listsTypes = z.object({
  resourceTypes: z.array(
    z.object({ resourceType: z.string().optional(), apiVersions: z.array(z.string()).optional() }),
  ),
});

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

/** The library takes any answer for what the specification says, and stumbles over another one. */
async function orUnreadable<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'upstream_error',
      'Azure Resource Manager described its providers in a form that cannot be read.',
      {
        hint: 'Pass api_version, so that it need not be looked up.',
        cause: error,
      },
    );
  }
}

/** Reads provider metadata with `@azure/arm-resources`, which is loaded by the first look-up. */
export function createProviderSource(client: ApiClient): ProviderSource {
  return {
    types: (namespace, subscriptionId, call) =>
      orUnreadable(async () => {
        const { providers } = await connect(client, subscriptionId, call);
        const found = await (subscriptionId === undefined
          ? providers.getAtTenantScope(namespace)
          : providers.get(namespace));
        // What is read here is remembered: an answer that lists no types must not stand for the provider.
        const { resourceTypes } = readAnswer(listsTypes, { status: 200, body: found }, `the provider ${namespace}`);
        return {
          namespace: found.namespace ?? namespace,
          types: resourceTypes.map((type) => ({
            name: type.resourceType ?? '',
            apiVersions: type.apiVersions ?? [],
          })),
        };
      }),
    namespaces: (subscriptionId, call) =>
      orUnreadable(async () => {
        const { providers } = await connect(client, subscriptionId, call);
        const pages = subscriptionId === undefined ? providers.listAtTenantScope() : providers.list();
        const names: string[] = [];
        for await (const { namespace } of pages) {
          names.push(...(namespace === undefined ? [] : [namespace]));
        }
        return names;
      }),
  };
}
