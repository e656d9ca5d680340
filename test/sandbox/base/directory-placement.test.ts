import { expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';

test.each([
  [
    'throttleLimits',
    { resource_unit: 5 },
    /object\.resource_unit: not known in throttleLimits\. Valid: resource_units, /,
  ],
  ['tokenLifetime', { seconds: 60 }, /Valid: expires_in, refresh_in\./],
  ['claimsChallenge', { claim: {} }, /Valid: claims, client_id\./],
  ['weather', {}, /type: 'weather' is not known\. Valid: user, .*, link, throttleLimits, .*conditionalAccess\./],
])('a mistake in a placed %s is told with what is valid', (type, object, message) => {
  expect(() => createSandbox({ users: 5 }).placeObject('graph', type, object)).toThrow(message);
});
