import { expect, test } from 'vitest';
import { createProviderSource } from '../../../../src/core/apis/arm/provider-source.ts';
import type { ApiClient } from '../../../../src/core/http/api-client.ts';
import { testCall } from '../../../support/call.ts';

const subscription = '5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001';

function clientAnswering(body: unknown): ApiClient {
  const url = 'https://management.azure.com/providers?api-version=2021-04-01';
  const json = Buffer.from(JSON.stringify(body));
  return {
    api: 'arm',
    resolveUrl: () => url,
    send: async () => ({ status: 200, headers: {}, body, json, sizeBytes: json.length, url, requestId: undefined }),
  };
}

test.each([[null], [7], [[]], [{ resourceTypes: 7 }], [{ resourceTypes: [null] }], [{ value: 7 }]])(
  'provider metadata that cannot be read is a failure of the service: %j',
  async (body) => {
    const source = createProviderSource(clientAnswering(body));
    const outcomes = await Promise.allSettled([
      source.types('Microsoft.Storage', subscription, testCall()),
      source.namespaces(subscription, testCall()),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'upstream_error' });
    }
    expect(outcomes.map(({ status }) => status)).toContain('rejected');
  },
);
