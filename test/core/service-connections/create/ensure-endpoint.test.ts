import { describe, expect, test } from 'vitest';
import { buildEndpoint } from '../../../../src/core/service-connections/create/build-endpoint.ts';
import { checkRequest } from '../../../../src/core/service-connections/create/check-request.ts';
import {
  canBeResumed,
  hasSameIdentity,
  hasSameTarget,
} from '../../../../src/core/service-connections/create/ensure-endpoint.ts';
import { type Endpoint, isDraft } from '../../../../src/core/service-connections/endpoint.ts';
import type { CreateServiceConnection } from '../../../../src/core/service-connections/service-connection.ts';
import { credentials, ids, publicCloud, request, targets } from './requests.ts';

const plan = (changes: Partial<CreateServiceConnection> = {}) => checkRequest(request(changes), publicCloud);
const identity = { tenantId: ids.tenant, clientId: ids.client, isAutomatic: false };

function made(changes: Partial<CreateServiceConnection> = {}, draft = false): Endpoint {
  const wanted = plan(changes);
  const project = { id: ids.project, name: 'Payments' };
  const body = buildEndpoint({ plan: wanted, target: wanted.target, identity, project, isDraft: draft });
  return { ...body, id: 'an-id' };
}

const other = '55555555-5555-4555-8555-555555555555';
const inWorkspace = (changes: object) => ({ target: { ...targets['workspace'], ...changes } as never });

describe('what was made for a request has its target', () => {
  test.each(Object.keys(targets))('%s', (level) => {
    const changes = { target: targets[level] as never };
    expect(hasSameTarget(made(changes), plan(changes))).toBe(true);
  });

  test('however the service spells it', () => {
    const endpoint = made({ target: targets['group'] as never });
    const { scope = '', ...parameters } = endpoint.authorization.parameters ?? {};
    const shouted: Endpoint = {
      ...endpoint,
      type: 'AzureRM',
      url: 'https://management.azure.com',
      authorization: { ...endpoint.authorization, parameters: { ...parameters, Scope: String(scope).toUpperCase() } },
    };
    expect(hasSameTarget(shouted, plan({ target: targets['group'] as never }))).toBe(true);
  });

  test('whatever its names are', () => {
    const renamed = { level: 'Subscription', subscriptionId: ids.subscription, subscriptionName: 'Other' } as const;
    expect(hasSameTarget(made(), plan({ target: renamed }))).toBe(true);
  });
});

describe('what was made for another has not', () => {
  const rows: readonly [string, Partial<CreateServiceConnection>, Partial<CreateServiceConnection>][] = [
    ['subscription', {}, { target: { level: 'Subscription', subscriptionId: other } }],
    ['group', {}, { target: targets['group'] as never }],
    ['level', {}, { target: targets['managementGroup'] as never }],
    [
      'management group',
      { target: targets['managementGroup'] as never },
      { target: { level: 'ManagementGroup', managementGroupId: 'mg-2' } },
    ],
    ['workspace', inWorkspace({}), inWorkspace({ workspaceName: 'mlw-2' })],
    ['group of a workspace', inWorkspace({}), inWorkspace({ resourceGroup: 'rg-2' })],
    ['scheme', {}, { scheme: 'ManagedServiceIdentity', credential: credentials['agent'] as never }],
    ['cloud', {}, { environment: 'AzureChinaCloud', tenantId: ids.tenant }],
    [
      'Azure Stack',
      { environment: 'AzureStack', environmentUrl: 'https://one.stack.example' },
      { environment: 'AzureStack', environmentUrl: 'https://two.stack.example' },
    ],
  ];
  test.each(rows)('%s', (_, one, two) => {
    expect(hasSameTarget(made(one), plan(two))).toBe(false);
    expect(hasSameTarget(made(two), plan(one))).toBe(false);
  });

  test.each(['environment', 'scopeLevel'])('%s, where nothing else differs', (name) => {
    const endpoint = { ...made(), data: { ...made().data, [name]: 'AzureOther' } };
    expect(hasSameTarget(endpoint, plan())).toBe(false);
  });

  test('type', () => {
    expect(hasSameTarget({ ...made(), type: 'github' }, plan())).toBe(false);
  });

  test('and one whose authorization may not be seen', () => {
    expect(hasSameTarget({ ...made(), authorization: { scheme: '' } }, plan())).toBe(false);
  });
});

describe('identities', () => {
  test('are the same by tenant, client and who made them', () => {
    expect(hasSameIdentity(made(), identity)).toBe(true);
    expect(hasSameIdentity(made(), { ...identity, tenantId: other })).toBe(false);
    expect(hasSameIdentity(made(), { ...identity, clientId: other })).toBe(false);
    expect(hasSameIdentity(made(), { ...identity, isAutomatic: true })).toBe(false);
  });

  test('of automatic ones are chosen by the service', () => {
    const automatic = { ...made(), data: { ...made().data, creationMode: 'Automatic' } };
    expect(hasSameIdentity(automatic, { tenantId: ids.tenant, isAutomatic: true })).toBe(true);
  });
});

test('a draft is known by its mark, whatever its case', () => {
  expect(isDraft(made({}, true))).toBe(true);
  expect(isDraft(made())).toBe(false);
  expect(isDraft({ ...made(), data: { IsDraft: 'True' } })).toBe(true);
  expect(isDraft({ ...made(), data: null })).toBe(false);
});

test('only what brings no secret may be asked for again', () => {
  const kinds = Object.entries(credentials).filter(([, credential]) => canBeResumed({ ...plan(), credential }));
  expect(kinds.map(([kind]) => kind)).toEqual(['automatic', 'app_registration', 'managed_identity', 'agent']);
});
