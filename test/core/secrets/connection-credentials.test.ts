import { expect, test } from 'vitest';
import { isSecretPlace, leadsToPlace } from '../../../src/core/secrets/answers/secret-places.ts';
import { sentSecrets } from '../../../src/core/secrets/answers/sent-secrets.ts';

// Whatever AI Foundry adds to credentials is masked before anybody has published it.

const types = [
  'microsoft.cognitiveservices/accounts/projects/connections',
  'microsoft.cognitiveservices/accounts/connections',
  'microsoft.machinelearningservices/workspaces/connections',
];
const identifiers = ['clientId', 'tenantId', 'username', 'resourceId', 'accessKeyId'];

test.each(types)('every member of credentials of %s is a secret in an answer, but for identifiers', (type) => {
  const at = (...path: string[]) =>
    isSecretPlace({ api: 'arm', type, path: ['properties', 'credentials', ...path.map((name) => name.toLowerCase())] });
  for (const name of identifiers) expect(at(name)).toBe(false);
  for (const name of ['sessionId', 'callbackUrl', 'brandNew', 'displayName']) expect(at(name)).toBe(true);
  // Names in a map of keys are the user's.
  expect(at('keys', 'clientId')).toBe(true);
  expect(isSecretPlace({ api: 'arm', type, path: ['properties', 'audience'] })).toBe(false);
  expect(leadsToPlace('arm', 'credentials')).toBe(true);
});

test('credentials of other resources are left to the rules of their own', () => {
  const place = { api: 'arm', type: 'microsoft.example/things', path: ['properties', 'credentials', 'region'] };
  expect(isSecretPlace(place)).toBe(false);
});

test('what was sent as a credential is not repeated by an answer, whatever its name', () => {
  const given = Object.fromEntries(identifiers.map((name) => [name, `shown-${name}`]));
  const credentials = {
    ...given,
    sessionId: 'hidden-one',
    webhookUrl: 'hidden-two',
    keys: { clientId: 'hidden-three' },
  };
  const sent = sentSecrets({ properties: { target: 'https://shown.example', credentials } });
  expect(sent.filter((one) => one.startsWith('shown'))).toEqual([]);
  expect(sent).toEqual(expect.arrayContaining(['hidden-one', 'hidden-two', 'hidden-three']));
});
