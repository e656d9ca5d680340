import { describe, expect, test } from 'vitest';
import { builtInClouds, type Cloud, tokenAudience } from '../../../src/core/base/clouds.ts';
import { testToken } from '../../support/test-token.ts';
import { failureOf } from '../connections/support.ts';
import { labCloud, setUp } from './support.ts';

function cloudNamed(name: string): Cloud {
  const cloud = builtInClouds[name];
  if (cloud === undefined) throw new Error(`There is no cloud ${name}.`);
  return cloud;
}

/** A connection with a token that says this audience. */
function holding(audience: string, cloud: Cloud) {
  const secrets = { token: testToken({ audience }) };
  return setUp({ auth_type: 'bearer', secrets, record: { identity: {} }, cloud }).source;
}

/** By cloud: what the Azure CLI asks for by default, and the newer audience. */
const audiences: readonly (readonly [string, string, string])[] = [
  ['public', 'https://management.core.windows.net', 'https://management.azure.com'],
  ['usgov', 'https://management.core.usgovcloudapi.net', 'https://management.usgovcloudapi.net'],
  ['usdod', 'https://management.core.usgovcloudapi.net', 'https://management.usgovcloudapi.net'],
  ['china', 'https://management.core.chinacloudapi.cn', 'https://management.chinacloudapi.cn'],
];

describe.each(audiences)('a token for Azure Resource Manager in %s', (name, older, newer) => {
  const cloud = cloudNamed(name);
  const audience = tokenAudience(cloud, 'resource_manager');

  test.each([older, `${older}/`, newer, `${newer}/`])('may have the audience %s', async (given) => {
    expect((await holding(given, cloud).getToken({ audience })).token).toMatch(/^eyJ/);
  });

  test('is for no other service', async () => {
    for (const service of ['graph', 'devops'] as const) {
      const failure = await failureOf(
        holding(`${older}/`, cloud).getToken({ audience: tokenAudience(cloud, service) }),
      );
      expect(failure).toMatchObject({ code: 'configuration' });
    }
  });

  test('is not one of another cloud', async () => {
    const others = audiences.filter(([, first]) => first !== older).flatMap(([, ...both]) => both);
    for (const other of others) {
      const failure = await failureOf(holding(`${other}/`, cloud).getToken({ audience }));
      expect(failure).toMatchObject({ code: 'configuration', message: expect.stringContaining(other) });
    }
  });
});

test('a configured cloud of the retired one of Germany takes both of its audiences', async () => {
  const cloud = { ...labCloud, resourceManager: 'https://management.microsoftazure.de' };
  const audience = tokenAudience(cloud, 'resource_manager');
  expect((await holding('https://management.core.cloudapi.de/', cloud).getToken({ audience })).token).toMatch(/^eyJ/);
});

test('a configured cloud takes the audience that it names, and the one of the public cloud is not its own', async () => {
  const audience = tokenAudience(labCloud, 'resource_manager');
  expect((await holding(`${audience}/`, labCloud).getToken({ audience })).token).toMatch(/^eyJ/);
  const foreign = holding('https://management.core.windows.net/', labCloud).getToken({ audience });
  expect(await failureOf(foreign)).toMatchObject({ code: 'configuration' });
});
