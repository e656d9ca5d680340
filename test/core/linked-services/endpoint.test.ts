import { expect, test } from 'vitest';
import { builtInClouds, type Cloud, dataPlaneAudience } from '../../../src/core/base/clouds.ts';
import { belongsToCloud, isNowhere, resolveEndpoint } from '../../../src/core/linked-services/endpoint.ts';

function cloudOf(name: string): Cloud {
  const cloud = builtInClouds[name];
  if (cloud === undefined) throw new Error(`There is no cloud ${name}.`);
  return cloud;
}

const publicCloud = cloudOf('public');
const china = cloudOf('china');

test('the address that the resource names itself wins over the pattern of the cloud', () => {
  expect(resolveEndpoint('https://acct.z12.blob.storage.azure.net/', 'acct', 'storage', publicCloud)).toBe(
    'https://acct.z12.blob.storage.azure.net',
  );
  expect(resolveEndpoint(undefined, 'acct', 'storage', china)).toBe('https://acct.blob.core.chinacloudapi.cn');
});

test('addresses get the scheme of their plane, without default ports', () => {
  expect(resolveEndpoint('https://ns.servicebus.windows.net:443/', 'ns', 'servicebus', publicCloud)).toBe(
    'https://ns.servicebus.windows.net',
  );
  expect(resolveEndpoint('pg.postgres.database.azure.com', 'pg', 'postgresql', publicCloud)).toBe(
    'postgresql://pg.postgres.database.azure.com',
  );
  expect(resolveEndpoint(undefined, 'graph', 'cosmos', publicCloud)).toBe('wss://graph.gremlin.cosmos.azure.com');
  expect(resolveEndpoint('wss://graph.gremlin.cosmos.azure.com:443/', 'graph', 'cosmos', publicCloud)).toBe(
    'wss://graph.gremlin.cosmos.azure.com',
  );
});

test.each([
  ['storage', 'https://acct.blob.core.windows.net'],
  ['storage', 'https://acct.z05.blob.storage.azure.net'],
  ['servicebus', 'https://ns.servicebus.windows.net'],
  ['postgresql', 'postgresql://pg.postgres.database.azure.com'],
  ['postgresql', 'postgresql://pg.private.postgres.database.azure.com'],
  ['cosmos', 'wss://graph.gremlin.cosmos.azure.com'],
  ['search', 'https://find.search.windows.net'],
] as const)('%s: %s belongs to the public cloud', (plane, address) => {
  expect(belongsToCloud(address, plane, publicCloud)).toBe(true);
});

test.each([
  ['storage', 'https://acct.blob.core.windows.net.evil.example'],
  ['storage', 'https://evil.example/acct.blob.core.windows.net'],
  ['storage', 'https://acct.blob.core.windows.net@evil.example'],
  ['storage', 'https://evil.example#.blob.core.windows.net'],
  ['storage', 'https://evilblob.core.windows.net'],
  ['storage', 'https://.blob.core.windows.net'],
  ['storage', 'http://acct.blob.core.windows.net'],
  ['storage', 'https://acct.blob.core.windows.net:8443'],
  ['storage', 'https://acct.blob.core.windows.net/path'],
  ['storage', 'https://acct.blob.core.chinacloudapi.cn'],
  ['storage', 'https://ns.servicebus.windows.net'],
  ['storage', ''],
  ['postgresql', 'https://pg.postgres.database.azure.com'],
  ['cosmos', 'ws://graph.gremlin.cosmos.azure.com'],
] as const)('%s: %s does not belong to the public cloud', (plane, address) => {
  expect(belongsToCloud(address, plane, publicCloud)).toBe(false);
});

test('patterns with the account in the path cover that path alone', () => {
  const local = { ...publicCloud, dataPlane: { storage: 'http://127.0.0.1:9000/data/storage/{account}' } };
  expect(belongsToCloud('http://127.0.0.1:9000/data/storage/acct', 'storage', local)).toBe(true);
  expect(belongsToCloud('http://127.0.0.1:9000/data/other/acct', 'storage', local)).toBe(false);
  expect(belongsToCloud('http://127.0.0.1:9001/data/storage/acct', 'storage', local)).toBe(false);
});

test('a cloud without a pattern has no addresses of that plane', () => {
  expect(belongsToCloud('https://find.search.windows.net', 'search', { ...publicCloud, dataPlane: {} })).toBe(false);
});

test('names below .invalid lead nowhere', () => {
  expect(isNowhere('postgresql://pg.postgres.sandbox.invalid')).toBe(true);
  expect(isNowhere('https://invalid.search.windows.net')).toBe(false);
});

test('audiences are those of the cloud', () => {
  expect(dataPlaneAudience(publicCloud, 'postgresql')).toBe('https://ossrdbms-aad.database.windows.net');
  expect(dataPlaneAudience(cloudOf('usgov'), 'postgresql')).toBe('https://ossrdbms-aad.database.usgovcloudapi.net');
  expect(dataPlaneAudience(cloudOf('usdod'), 'search')).toBe('https://search.azure.us');
  expect(dataPlaneAudience(china, 'search')).toBe('https://search.azure.cn');
  expect(dataPlaneAudience(publicCloud, 'cosmos')).toBe('https://cosmos.azure.com');
  expect(dataPlaneAudience(cloudOf('usgov'), 'cosmos')).toBe('https://cosmos.azure.us');
  expect(dataPlaneAudience(cloudOf('usdod'), 'cosmos')).toBe('https://cosmos.azure.us');
  expect(dataPlaneAudience(china, 'cosmos')).toBe('https://cosmos.azure.cn');
  expect(dataPlaneAudience(china, 'storage')).toBe('https://storage.azure.com');
});
