import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/core/base/errors.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { checkRequest } from '../../../../src/core/service-connections/create/check-request.ts';
import {
  type CreateServiceConnection,
  exchangeAudiences,
} from '../../../../src/core/service-connections/service-connection.ts';
import { cloudNamed, credentials, identityId, ids, publicCloud, request, targets, webAppId } from './requests.ts';

function refusal(changes: Partial<CreateServiceConnection>, cloud = 'public'): AppError {
  try {
    checkRequest(request(changes), { ...publicCloud, cloud: cloudNamed(cloud) });
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_argument' && error.hint !== undefined) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
const credential = (kind: string) => credentials[kind] as never;
const target = (level: string) => targets[level] as never;

describe('what does not go together', () => {
  const rows: readonly [string, Partial<CreateServiceConnection>, RegExp][] = [
    ['a key with federation', { credential: credential('key') }, /client_secret does not go with WorkloadIdentity/],
    ['federation with a secret scheme', { scheme: 'ServicePrincipal' }, /client_id does not go with ServicePrincipal/],
    ['an agent with a profile', { scheme: 'PublishProfile', credential: credential('agent') }, /agent's identity/],
    [
      'a workspace and a key',
      { scheme: 'ServicePrincipal', credential: credential('key'), target: target('workspace') },
      /ml_workspace does not go with client_secret/,
    ],
    [
      'a workspace and a certificate',
      { scheme: 'ServicePrincipal', credential: credential('certificate'), target: target('workspace') },
      /ml_workspace does not go with certificate/,
    ],
    [
      'a management group and a profile',
      { scheme: 'PublishProfile', credential: credential('publish_profile'), target: target('managementGroup') },
      /management_group does not go with publish_profile/,
    ],
    [
      'a group limit and an agent',
      { scheme: 'ManagedServiceIdentity', credential: credential('agent'), target: target('group') },
      /cannot be limited/,
    ],
    [
      'automatic in a government',
      { credential: credential('automatic'), environment: 'AzureUSGovernment', tenantId: ids.tenant },
      /makes no apps in AzureUSGovernment/,
    ],
    [
      'automatic on an Azure Stack',
      { credential: credential('automatic'), environment: 'AzureStack', environmentUrl: 'https://a.b.external' },
      /makes no apps in AzureStack/,
    ],
    [
      'an address without an Azure Stack',
      { environmentUrl: 'https://management.local.azurestack.external' },
      /goes with the environment AzureStack only/,
    ],
    [
      'a reference and a key',
      { scheme: 'ServicePrincipal', credential: credential('key'), serviceManagementReference: 'CHG-7' },
      /service_management_reference/,
    ],
    [
      'another cloud without its tenant',
      { environment: 'AzureChinaCloud' },
      /tenant_id: AzureChinaCloud is not the cloud of the connection/,
    ],
    [
      'a managed identity of another cloud',
      { credential: credential('managed_identity'), environment: 'AzureChinaCloud', tenantId: ids.tenant },
      /managed_identity_id/,
    ],
    [
      'a web app of another subscription',
      {
        scheme: 'PublishProfile',
        credential: credential('publish_profile'),
        target: { level: 'Subscription', subscriptionId: ids.client },
      },
      /another subscription/,
    ],
  ];
  test.each(rows)('%s', (_, changes, message) => {
    expect(refusal(changes).message).toMatch(message);
  });
});

describe('words that do not exist', () => {
  test('a scheme is answered with the nearest', () => {
    expect(refusal({ scheme: 'WorkloadIdentityFederaton' as never }).message).toContain(
      'Did you mean WorkloadIdentityFederation?',
    );
  });
  test('an environment is answered with the nearest', () => {
    const { message, hint } = refusal({ environment: 'AzureUsGovernmnt' as never });
    expect(message).toContain('Did you mean AzureUSGovernment?');
    expect(hint).toContain('AzureStack');
  });
});

describe('names', () => {
  test.each([
    ['', 'empty'],
    [' azure', 'a blank before'],
    ['azure ', 'a blank behind'],
    ['az\nure', 'a line break'],
    ['az\u0000ure', 'a control character'],
    ['az\u202eure', 'a direction mark'],
    ['az\ud800ure', 'half a character'],
    ['a'.repeat(257), 'too long'],
  ])('%j is refused: %s', (name) => {
    expect(refusal({ name }).message).toMatch(/^name: /);
  });

  test('a hidden character in a name is named', () => {
    expect(refusal({ name: 'azure\u200bprod' }).message).toContain('the character U+200B at position 6 is not allowed');
  });

  test.each(['azure/prod', 'a,b', 'Größe 10 % & mehr?#', '..', 'a'.repeat(256), '名前'])('%j is taken', (name) => {
    expect(checkRequest(request({ name }), publicCloud).name).toBe(name);
  });
});

describe('the address of an Azure Stack', () => {
  test.each([
    'http://management.local.azurestack.external',
    'https://user:word@management.local.azurestack.external',
    'https://user@management.local.azurestack.external',
    'https://localhost',
    'https://localhost.',
    'https://a.localhost',
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://169.254.169.254/metadata',
    'https://stack',
    'https://management.local.azurestack.external/path',
    'https://management.local.azurestack.external/?a=b',
    'https://management.local.azurestack.external/#a',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'management.local.azurestack.external',
    '',
  ])('%s is refused', (environmentUrl) => {
    expect(refusal({ environment: 'AzureStack', environmentUrl }).message).toMatch(/^environment_url: /);
  });

  test('it is needed', () => {
    expect(refusal({ environment: 'AzureStack' }).message).toMatch(/^environment_url: /);
  });

  test.each(['https://management.local.azurestack.external', 'https://MANAGEMENT.stack.example:30024/'])(
    '%s is taken',
    (environmentUrl) => {
      const { url } = checkRequest(request({ environment: 'AzureStack', environmentUrl }), publicCloud);
      expect(url).toBe(`${environmentUrl.toLowerCase().replace(/\/$/, '')}/`);
    },
  );
});

describe('ids', () => {
  const inTarget = (changes: object) => ({ target: { ...targets['workspace'], ...changes } as never });
  const rows: readonly [string, Partial<CreateServiceConnection>][] = [
    ['client_id', { credential: { kind: 'app_registration', clientId: 'web-shop' } }],
    ['client_id', { scheme: 'ServicePrincipal', credential: { kind: 'key', clientId: '', key: new Secret('text') } }],
    ['tenant_id', { tenantId: 'contoso.example' }],
    ['subscription_id', { target: { level: 'Subscription', subscriptionId: '../x' } }],
    ['subscription_id', inTarget({ subscriptionId: 'Production' })],
    ['resource_group', inTarget({ resourceGroup: 'rg/../x' })],
    ['workspace_name', inTarget({ workspaceName: 'a b' })],
    ['management_group_id', { target: { level: 'ManagementGroup', managementGroupId: 'mg/1' } }],
    ['managed_identity_id', { credential: { kind: 'managed_identity', resourceId: webAppId } }],
    ['managed_identity_id', { credential: { kind: 'managed_identity', resourceId: `${identityId}/x` } }],
    ['managed_identity_id', { credential: { kind: 'managed_identity', resourceId: `https://x${identityId}` } }],
  ];
  test.each(rows)('%s', (field, changes) => {
    expect(refusal(changes).message.startsWith(`${field}: `)).toBe(true);
  });

  test('web_app_id', () => {
    const withId = (webApp: string) => ({
      scheme: 'PublishProfile' as const,
      credential: { ...credentials['publish_profile'], webAppId: webApp } as never,
    });
    expect(refusal(withId(identityId)).message).toMatch(/^web_app_id: /);
    expect(refusal(withId(`${webAppId}/slots/a/b`)).message).toMatch(/^web_app_id: /);
    expect(() => checkRequest(request(withId(`${webAppId}/slots/staging`)), publicCloud)).not.toThrow();
  });
});

describe('secrets are looked at before anything is sent, and not repeated', () => {
  const key = (text: string) => ({
    scheme: 'ServicePrincipal' as const,
    credential: { kind: 'key' as const, clientId: ids.client, key: new Secret(text) },
  });
  const profile = (text: string) => ({
    scheme: 'PublishProfile' as const,
    credential: { kind: 'publish_profile' as const, profile: new Secret(text), webAppId },
  });

  test('the id of a secret instead of its value', () => {
    const error = refusal(key(ids.client));
    expect(error.message).toContain('client_secret is a GUID');
    expect(`${error.message} ${error.hint}`).not.toContain(ids.client);
  });

  test.each(['<html/>', '<publishData></publishData>', 'userPWD=marked-word', `<publishData>${'x'.repeat(70_000)}`])(
    'a profile that is none',
    (text) => {
      const { message, hint } = refusal(profile(text));
      expect(message).toMatch(/^publish_profile: /);
      expect(`${message} ${hint}`).not.toContain('marked-word');
    },
  );
});

describe('what follows from the connection', () => {
  test.each([
    ['public', 'AzureCloud'],
    ['usgov', 'AzureUSGovernment'],
    ['usdod', 'AzureUSGovernment'],
    ['china', 'AzureChinaCloud'],
  ])('the environment of the cloud %s is %s', (cloud, environment) => {
    const plan = checkRequest(request(), { ...publicCloud, cloud: cloudNamed(cloud) });
    expect(plan).toMatchObject({ environment, isOwnCloud: true });
  });

  test('federated tokens have the audience of their environment', () => {
    expect(exchangeAudiences.AzureCloud).toBe('api://AzureADTokenExchange');
    expect(exchangeAudiences.AzureStack).toBe('api://AzureADTokenExchange');
    expect(exchangeAudiences.AzureUSGovernment).toBe('api://AzureADTokenExchangeUSGov');
    expect(exchangeAudiences.AzureChinaCloud).toBe('api://AzureADTokenExchangeChina');
  });

  test('the test is left out where the service has none, unless it is asked for', () => {
    const agent = { scheme: 'ManagedServiceIdentity' as const, credential: credential('agent') };
    expect(checkRequest(request(agent), publicCloud).verify).toBe(false);
    expect(checkRequest(request({ ...agent, verify: true }), publicCloud).verify).toBe(true);
    expect(checkRequest(request(), publicCloud).verify).toBe(true);
    expect(checkRequest(request({ verify: false }), publicCloud).verify).toBe(false);
  });
});
