import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDeviceCodePage } from '../../src/pages/device-code-page.ts';
import { post, untilPhase, visit } from './page-client.ts';
import { openPageLab, type PageLab } from './page-lab.ts';

let lab: PageLab;

beforeEach(async () => {
  lab = await openPageLab({ now: new Date().toISOString() });
});

afterEach(() => lab.close());

test('the page of a device code shows it to the person, and says when the sign-in has happened', async () => {
  const { tenantId, clientId } = lab.sandbox.credentials;
  const creation = { name: 'me', cloud: 'sandbox', auth_type: 'device_code', scopes: ['directory'] };
  await lab.call('create_connection', creation);
  await lab.complete({ connection: 'me', tenant_id: tenantId, client_id: clientId });
  const opened = lab.nextPage();
  const answer = lab.callShowing('graph_query', { connection: 'me', endpoint: '/me' });
  const shown = await opened;
  expect(shown.message).toBe('Sign in to the connection me.');
  expect(lab.announced).toEqual([expect.stringContaining('devicelogin'), `The same on a page: ${shown.url}`]);
  const visited = await visit(shown);
  const code = />([A-Z0-9-]{8,10})<\/code>/.exec(visited.page.body)?.[1] ?? '';
  expect(lab.announced[0]).toContain(code);
  expect(await post(visited)).toMatchObject({ status: 422 });
  const login = `${lab.sandbox.cloud.login}/devicelogin?user_code=${code}`;
  await lab.sandbox.httpClient.sendRequest(createPipelineRequest({ url: login, allowInsecureConnection: true }));
  await untilPhase(visited, 'done');
  const { meta } = await answer;
  expect(meta.notes).toEqual([expect.stringContaining(`A person has to do that, at ${shown.url}`)]);
});

describe('an address that is not https', () => {
  test.each(['javascript:alert(1)', 'http://evil.example/', 'data:text/html,x', 'nonsense'])(
    '%s is no link',
    async (uri) => {
      const signedIn = new Promise<boolean>(() => undefined);
      const page = createDeviceCodePage({
        connection: 'me',
        owner: 'local',
        userCode: 'A',
        message: '',
        verificationUri: uri,
        signedIn,
      });
      expect((await page.render()).text).not.toContain('href');
    },
  );
});
