import { createHttpHeaders, createPipelineRequest, type PipelineRequest } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { createLoopbackHttpClient, toHttps } from '../../../src/core/http/loopback-http-client.ts';

function recordingClient(roots: readonly string[]) {
  const sent: PipelineRequest[] = [];
  const client = createLoopbackHttpClient(
    {
      async sendRequest(request) {
        sent.push(request);
        return { request, status: 200, headers: createHttpHeaders() };
      },
    },
    roots,
  );
  return { sent, send: (url: string) => client.sendRequest(createPipelineRequest({ url })) };
}

test('https requests to a loopback root go over http', async () => {
  const { sent, send } = recordingClient(['http://127.0.0.1:8080/login']);
  await send('https://127.0.0.1:8080/login/tenant/oauth2/v2.0/token');
  expect(sent[0]).toMatchObject({
    url: 'http://127.0.0.1:8080/login/tenant/oauth2/v2.0/token',
    allowInsecureConnection: true,
  });
});

test.each(['https://127.0.0.1:9090/x', 'https://login.microsoftonline.com/x', 'https://127.0.0.1.evil.example:8080/x'])(
  '%s is left as it is',
  async (url) => {
    const { sent, send } = recordingClient(['http://127.0.0.1:8080/login', 'http://lab.example']);
    await send(url);
    expect(sent[0]).toMatchObject({ url, allowInsecureConnection: false });
  },
);

test('only loopback addresses are shown as https', () => {
  expect(toHttps('http://localhost:8080/login')).toBe('https://localhost:8080/login');
  expect(toHttps('http://lab.example')).toBe('http://lab.example');
});
