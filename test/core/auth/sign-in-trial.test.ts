import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import { createSignInTrial } from '../../../src/core/auth/sign-in-trial.ts';
import { builtInClouds, type Cloud } from '../../../src/core/base/clouds.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import { failureOf, handClock, testRecord } from '../connections/support.ts';

interface Platform {
  readonly variables?: Readonly<Record<string, string>>;
  readonly cloud?: string;
  readonly status?: number;
  readonly body?: string;
  readonly fails?: boolean;
}

function trialOn({ variables = {}, cloud = 'public', status = 200, body = '', fails = false }: Platform) {
  const sent: PipelineRequest[] = [];
  const remembered: string[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request) {
      sent.push(request);
      if (fails) throw new Error('connect ECONNREFUSED');
      return { request, status, headers: createHttpHeaders(), bodyAsText: body };
    },
  };
  const trial = createSignInTrial({
    // Every name of these tests is a built-in one.
    cloudOf: () => builtInClouds[cloud] as Cloud,
    httpClientOf: () => httpClient,
    clock: handClock(),
    environment: (name) => variables[name],
    remember: (secret) => remembered.push(secret),
  });
  const fetchToken = (signal = new AbortController().signal) => trial.fetchPlatformToken(testRecord(), signal);
  return { fetchToken, sent, remembered };
}

const gitHub = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://pipelines.actions.example/token?api-version=2.0',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
};
const pipelines = {
  SYSTEM_OIDCREQUESTURI: 'https://dev.azure.com/contoso/_apis/oidc',
  SYSTEM_ACCESSTOKEN: 'access-token',
  AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'connection-id',
};

describe('the token of the platform', () => {
  test.each([
    ['public', 'api://AzureADTokenExchange'],
    ['usgov', 'api://AzureADTokenExchangeUSGov'],
    ['china', 'api://AzureADTokenExchangeChina'],
  ])('is asked from GitHub Actions with the audience of the cloud %s, and remembered', async (cloud, audience) => {
    const { fetchToken, sent, remembered } = trialOn({ variables: gitHub, cloud, body: '{"value":"the-token"}' });
    expect((await fetchToken()).reveal()).toBe('the-token');
    expect(sent.map(({ url }) => new URL(url).searchParams.get('audience'))).toEqual([audience]);
    expect(remembered).toEqual(['the-token']);
  });

  test('is asked from Azure Pipelines for the service connection', async () => {
    const { fetchToken, sent } = trialOn({ variables: pipelines, body: '{"oidcToken":"the-token"}' });
    expect((await fetchToken()).reveal()).toBe('the-token');
    expect(sent.map(({ url }) => url)).toEqual([
      'https://dev.azure.com/contoso/_apis/oidc?api-version=7.1&serviceConnectionId=connection-id',
    ]);
  });

  test.each<[string, Platform, string, string]>([
    ['without one', {}, 'configuration', 'AZURE_FEDERATED_TOKEN_FILE'],
    ['refused', { variables: gitHub, status: 403 }, 'unauthenticated', 'id-token: write'],
    ['as a page', { variables: pipelines, body: '<html>' }, 'unauthenticated', 'System.AccessToken'],
    ['out of reach', { variables: gitHub, fails: true }, 'upstream_unavailable', 'pipelines.actions.example'],
  ])('%s is an error that says what to do', async (_name, platform, code, hint) => {
    const { fetchToken, remembered } = trialOn(platform);
    expect(await failureOf(fetchToken())).toMatchObject({ code, hint: expect.stringContaining(hint) });
    expect(remembered).toEqual([]);
  });

  test('is not waited for after a cancellation', async () => {
    const { fetchToken } = trialOn({ variables: gitHub, fails: true });
    const failure = await failureOf(fetchToken(AbortSignal.abort()));
    expect(failure).toBeInstanceOf(AppError);
    expect(failure).toMatchObject({ code: 'cancelled' });
  });
});
