import { expect, test } from 'vitest';
import { marker, type SecretRow } from '../../../support/secret-answers.ts';
import { askAnswer as ask } from '../ask-answer.ts';

const vault = '/subscriptions/1/resourceGroups/rg/providers';

test('a publish profile keeps its addresses and loses its passwords', async () => {
  const path = `${vault}/Microsoft.Web/sites/s/publishxml`;
  const body = `<?xml version="1.0"?><publishData><publishProfile profileName="s - Web" publishUrl="s.scm.example:443" userName="$s" userPWD="${marker}" SQLServerDBConnectionString="Server=x;${marker}" other='${marker}'><databases>${marker}</databases></publishProfile></publishData>`;
  for (const type of ['application/xml', 'text/xml', 'application/octet-stream']) {
    const { seen, body: shown } = await ask('arm', { method: 'POST', path, body: {} }, { type, body });
    expect(seen).not.toContain(marker);
    expect(seen).not.toContain(Buffer.from(marker).toString('base64').slice(0, 12));
    const isText = type !== 'application/octet-stream';
    expect(String(shown).includes('publishUrl="s.scm.example:443" userName="$s" userPWD="[secret]"')).toBe(isText);
  }
});

test('secrets are recognised by their form in any answer', async () => {
  const forms = [
    `https://x.blob.core.windows.net/c?sv=2024&st=2026-01-01&se=2027-01-01&sp=r&sig=${marker}`,
    `sv=2024&sig=${marker}`,
    `https://f.example/api?code=${marker}==`,
    `https://f.example/api?x=1&access_token=${marker}`,
    `https://s.sharepoint.com/_layouts/download.aspx?tempauth=${marker}`,
    `https://f.example/?next=https%3A%2F%2Fy%2F%3Fsig%3D${marker}`,
    `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${marker};EndpointSuffix=x`,
    `Endpoint=sb://n/;SharedAccessKeyName=Root;SharedAccessKey=${marker}`,
    `Server=x;User=y;Password="${marker};x"`,
    `Server=x;Pwd=${marker} y;`,
    `mongodb://user:${marker}@host/db`,
    `https://contoso.webhook.office.com/webhookb2/${marker}/IncomingWebhook/1`,
    `-----BEGIN RSA PRIVATE KEY-----\n${marker}\n-----END RSA PRIVATE KEY-----`,
    `eyJ${marker.replaceAll('-', '')}.eyJabcdef.sig`,
  ];
  for (const text of forms) {
    const { seen, body } = await ask(
      'graph',
      { method: 'GET', path: '/me' },
      { body: { id: '1', aboutMe: `see ${text}`, list: [{ x: [text] }] } },
    );
    expect(seen, text).not.toContain(marker);
    expect(seen, text).not.toContain(marker.replaceAll('-', ''));
    expect(body).toMatchObject({ id: '1' });
    const plain = await ask('graph', { method: 'GET', path: '/me/x' }, { type: 'text/plain', body: `see ${text}` });
    expect(plain.seen, text).not.toContain(marker);
  }
});

test('an answer does not repeat the secrets of its request', async () => {
  const body = {
    passwordProfile: { password: marker },
    x: { credentials: { anything: `${marker}-2`, clientId: 'visible-id' } },
  };
  const served = {
    status: 400,
    body: { error: { code: 'Bad', message: `'${marker}' and ${marker}-2 are weak; visible-id` } },
  };
  const { seen, error } = await ask('graph', { method: 'POST', path: '/users', body }, served);
  expect(seen).not.toContain(marker);
  expect(error?.message).toContain("'[secret]' and [secret] are weak; visible-id");
});

test('the link to the next page can be followed, and is not shown', async () => {
  const link = `https://graph.microsoft.com/v1.0/users?$skiptoken=abc&sig=${marker}`;
  const { body, response } = await ask(
    'graph',
    { method: 'GET', path: '/users' },
    { body: { '@odata.nextLink': link, value: [{ id: '1' }] } },
  );
  expect(JSON.stringify([body, response?.json])).not.toContain(marker);
  expect(response?.links).toEqual({ '@odata.nextLink': link });
  const delta = 'https://graph.microsoft.com/v1.0/me/drive/root/delta?token=abcdef';
  const whole = await ask(
    'graph',
    { method: 'GET', path: '/me/drive/root/delta' },
    { body: { '@odata.deltaLink': delta, value: [] } },
  );
  expect(whole.body).toEqual({ '@odata.deltaLink': delta, value: [] });
});

test('secrets of ordinary answers of Azure are masked where they stand', async () => {
  const deployment = {
    type: 'Microsoft.Resources/deployments',
    properties: {
      outputs: { key: { type: 'String', value: marker }, more: { type: 'Object', value: { a: [marker] } } },
      parameters: { p: { type: 'String', value: marker }, n: { type: 'Int', value: 3 } },
    },
  };
  const answers: readonly unknown[] = [
    deployment,
    { value: [deployment] },
    {
      type: 'Microsoft.CognitiveServices/accounts',
      properties: { apiProperties: { storageConnectionString: marker, qnaAzureSearchEndpointKey: marker } },
    },
    {
      properties: {
        webhookReceivers: [{ name: 'a', serviceUri: marker }],
        logicAppReceivers: [{ callbackUrl: marker }],
        azureFunctionReceivers: [{ httpTriggerUrl: marker }],
      },
    },
    {
      properties: {
        containers: [{ properties: { environmentVariables: [{ name: 'A', value: marker }] } }],
        template: { containers: [{ env: [{ name: 'A', value: marker }] }] },
      },
    },
    { type: 'Microsoft.Compute/virtualMachines/extensions', properties: { settings: { a: { b: marker } } } },
    {
      properties: {
        virtualMachineProfile: { extensionProfile: { extensions: [{ properties: { settings: { a: marker } } }] } },
      },
    },
    { type: 'microsoft.insights/components', properties: { InstrumentationKey: marker, ConnectionString: marker } },
    {
      changes: [
        {
          delta: [{ path: 'properties.siteConfig.appSettings.KEY', before: marker, after: marker }],
          after: { password: marker },
        },
      ],
    },
    { properties: { metadata: { apiKey: marker, ApiType: 'Azure' } } },
  ];
  for (const body of answers) {
    const { seen } = await ask('arm', { method: 'GET', path: `${vault}/Contoso.X/things/t` }, { body });
    expect(seen).not.toContain(marker);
  }
  const byPath = await ask(
    'arm',
    { method: 'GET', path: `${vault}/Microsoft.Resources/deployments/d` },
    { body: { properties: { outputs: { k: { value: marker } } } } },
  );
  expect(byPath.seen).not.toContain(marker);
});

test('addresses of files come only when they are asked for', async () => {
  const item = {
    name: 'a.txt',
    '@microsoft.graph.downloadUrl': `https://x.sharepoint.com/?tempauth=${marker}`,
    thumbnails: [{ small: { url: `https://t.example/${marker}`, width: 1 } }],
  };
  const list = { value: [item, item] };
  const plain = await ask('graph', { method: 'GET', path: '/me/drive/root/children' }, { body: list });
  expect(plain.seen).not.toContain(marker);
  expect(plain.body).toEqual({ value: [1, 2].map(() => ({ name: 'a.txt', thumbnails: [{ small: { width: 1 } }] })) });
  expect(plain.notes.join()).toContain('$select');
  const $select = 'name,@microsoft.graph.downloadUrl';
  const asked = await ask(
    'graph',
    { method: 'GET', path: '/me/drive/root/children', params: { $select } },
    { body: list },
  );
  expect(asked.body).toMatchObject({
    value: [{ '@microsoft.graph.downloadUrl': item['@microsoft.graph.downloadUrl'] }, {}],
  });
  const answersTo = { method: 'GET', path: '/me/drive/root/children', params: { $select } } as const;
  const later = await ask(
    'graph',
    { method: 'GET', path: '/me/drive/root/children?$skiptoken=x', answersTo },
    { body: list },
  );
  expect(later.seen).toContain(marker);
  const session = {
    uploadUrl: `https://x.sharepoint.com/up?tempauth=${marker}`,
    expirationDateTime: '2026-01-01T00:00:00Z',
  };
  const made = await ask(
    'graph',
    { method: 'POST', path: '/me/drive/items/1/createUploadSession', body: {} },
    { body: session },
  );
  expect(made.body).toEqual(session);
  const read = await ask('graph', { method: 'GET', path: '/me/x' }, { body: session });
  expect(read.seen).not.toContain(marker);
});

test('ordinary answers come through as they are, bytes and all', async () => {
  const answers: readonly (readonly [SecretRow['api'], string, unknown])[] = [
    [
      'graph',
      '/invitations/1',
      { inviteRedeemUrl: 'https://login.example/redeem?rd=https%3a%2f%2fx%2f%3ftoken%3dabc&token=abc' },
    ],
    [
      'graph',
      '/me/drive/items/1/permissions',
      { value: [{ id: '1', link: { type: 'view', webUrl: 'https://x.sharepoint.com/:w:/g/abc?token=x' } }] },
    ],
    [
      'graph',
      '/me/onlineMeetings/1',
      { joinWebUrl: 'https://teams.example/l/meetup-join/1?code=abc', joinMeetingIdSettings: { passcode: 'abc123' } },
    ],
    [
      'graph',
      '/applications/1',
      { passwordCredentials: [{ keyId: '1', hint: 'abc', secretText: null }], keyCredentials: [{ key: null }] },
    ],
    [
      'graph',
      '/users',
      {
        value: [
          {
            id: '1',
            key1: 'a',
            primaryKey: 'b',
            value: 'c',
            passwordPolicies: 'DisableStrongPassword',
            lastPasswordChangeDateTime: '2026-01-01T00:00:00Z',
          },
        ],
      },
    ],
    [
      'arm',
      `${vault}/Contoso.X/things/t`,
      {
        tags: { key1: 'a', primaryKey: 'b', pat: 'c', sas: 'd' },
        properties: { keyVaultSecretUri: 'https://v.vault.azure.net/secrets/a' },
      },
    ],
    [
      'arm',
      `${vault}/Microsoft.Authorization/policyAssignments/p`,
      { properties: { parameters: { effect: { value: 'Deny' } } } },
    ],
    [
      'arm',
      `${vault}/Microsoft.KeyVault/vaults/v`,
      {
        properties: {
          networkAcls: { value: 'x' },
          password: null,
          accessKey: '',
          connectionString: { type: 'object' },
        },
      },
    ],
    [
      'graph',
      '/me/messages',
      { value: [{ subject: 'See https://aka.ms/x?code=700016 and a = b, where password == x' }] },
    ],
  ];
  for (const [api, path, body] of answers) {
    const { body: shown, response, notes, kept } = await ask(api, { method: 'GET', path }, { body });
    expect(shown).toEqual(body);
    expect(response?.json?.toString()).toBe(JSON.stringify(body));
    expect([...notes, ...kept]).toEqual([]);
  }
});

test('only code that says so, and an operator who wants it, see secrets', async () => {
  const row = { method: 'POST', path: '/applications/1/addPassword', body: {} } as const;
  const body = { secretText: marker };
  expect((await ask('graph', { ...row, reveals: true }, { body })).body).toEqual(body);
  expect((await ask('graph', row, { body }, { reveal: true })).body).toEqual(body);
  const refused = await ask(
    'graph',
    { ...row, reveals: true },
    { status: 400, body: { error: { code: 'x', message: `sig=${marker}`, secretText: marker } } },
  );
  expect(refused.seen).not.toContain(marker);
});

test('a kept secret says what it belongs to', async () => {
  const path = "/v1.0/applications(appId='22222222-2222-4222-8222-222222222222')/addPassword".replace('/v1.0', '');
  const body = { secretText: marker, endDateTime: '2027-01-01T00:00:00Z', keyId: '1' };
  const { kept, body: shown } = await ask('graph', { method: 'POST', path, body: {} }, { body });
  expect(shown).toMatchObject({ secretText: { secret: 'name-1' }, keyId: '1' });
  expect(kept).toMatchObject([
    {
      source: 'kept',
      member: 'secretText',
      expiresAt: '2027-01-01T00:00:00Z',
      appId: '22222222-2222-4222-8222-222222222222',
    },
  ]);
  const keys = `${vault}/Microsoft.Storage/storageAccounts/Acc/listKeys`;
  const listed = await ask(
    'arm',
    { method: 'POST', path: keys, body: {} },
    { body: { keys: [{ keyName: 'key1', value: marker }] } },
  );
  expect(listed.kept).toMatchObject([
    { resource: `${vault}/Microsoft.Storage/storageAccounts/Acc`, member: 'keys[0].value' },
  ]);
});

test('JSON that is sent as text is read like JSON', async () => {
  const body = JSON.stringify({ secretText: marker, keys: [{ clientSecret: marker }], name: 'x' });
  const { seen, body: shown } = await ask('graph', { method: 'GET', path: '/me/x' }, { type: 'text/plain', body });
  expect(seen).not.toContain(marker);
  expect(JSON.parse(String(shown))).toEqual({
    secretText: '[secret]',
    keys: [{ clientSecret: '[secret]' }],
    name: 'x',
  });
});
