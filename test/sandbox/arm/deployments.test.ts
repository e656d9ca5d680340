import { describe, expect, test } from 'vitest';
import { type ArmClient, createArmClient, dataGroup } from './support/arm-client.ts';

const version = '2024-03-01';
const deployment = `${dataGroup}/providers/Microsoft.Resources/deployments/vaults`;

function template(parameters: object = {}, mode = 'Incremental') {
  return {
    properties: {
      mode,
      parameters,
      template: {
        parameters: { name: { type: 'string', defaultValue: 'kv-deployed' }, owner: { type: 'string' } },
        variables: { tags: { owner: "[parameters('owner')]" } },
        resources: [
          {
            type: 'Microsoft.KeyVault/vaults',
            apiVersion: '2024-11-01',
            name: "[parameters('name')]",
            location: '[resourceGroup().location]',
            tags: "[variables('tags')]",
            properties: { enableSoftDelete: true },
          },
        ],
      },
    },
  };
}

const owner = { owner: { value: 'data' } };
const put = (arm: ArmClient, body: unknown) => arm.put(deployment, version, body);
const vaultOf = (arm: ArmClient, name: string) =>
  arm.get(`${dataGroup}/providers/Microsoft.KeyVault/vaults/${name}`, '2024-11-01');

async function finish(arm: ArmClient, url = ''): Promise<string> {
  for (let look = 0; look < 10; look++) {
    const { status, body } = await arm.get(url, '');
    if (status !== 202 && body.status !== 'InProgress') return body.status;
  }
  throw new Error('the deployment does not end');
}

describe('PUT', () => {
  test('a deployment is accepted, runs, and leaves its resources', async () => {
    const arm = await createArmClient();
    const answer = await put(arm, template(owner));
    expect(answer).toMatchObject({ status: 201, body: { properties: { provisioningState: 'Accepted' } } });
    const url = answer.headers['azure-asyncoperation'];
    expect(url).toContain('/deployments/vaults/operationStatuses/');
    expect((await put(arm, template(owner))).body.error.code).toBe('DeploymentActive');
    expect(await finish(arm, url)).toBe('Succeeded');
    expect((await vaultOf(arm, 'kv-deployed')).body).toMatchObject({ location: 'westeurope', tags: { owner: 'data' } });
    expect((await arm.get(deployment, version)).body.properties).toMatchObject({
      provisioningState: 'Succeeded',
      outputResources: [{ id: `${dataGroup}/providers/Microsoft.KeyVault/vaults/kv-deployed` }],
    });
    expect((await arm.get(`${deployment}/operations`, version)).body.value).toHaveLength(1);
  });

  test('one that is cancelled makes nothing', async () => {
    const arm = await createArmClient();
    const url = (await put(arm, template(owner))).headers['azure-asyncoperation'];
    expect((await arm.send('POST', `${deployment}/cancel`, { version })).status).toBe(204);
    expect(await finish(arm, url)).toBe('Canceled');
    expect((await vaultOf(arm, 'kv-deployed')).status).toBe(404);
    expect((await arm.get(deployment, version)).body.properties.provisioningState).toBe('Canceled');
    expect((await arm.send('POST', `${deployment}/cancel`, { version })).status).toBe(409);
  });

  test('complete mode deletes what the template does not name', async () => {
    const arm = await createArmClient();
    await finish(arm, (await put(arm, template(owner, 'Complete'))).headers['azure-asyncoperation']);
    const left = (await arm.get(`${dataGroup}/resources`)).body.value;
    expect(left.map((one: { name: string }) => one.name)).toContain('kv-deployed');
    expect(left.map((one: { name: string }) => one.name)).not.toContain('stcontosodata');
  });

  test.each([
    ['a missing parameter', template(), 'InvalidTemplate'],
    ['an undeclared parameter', template({ ...owner, colour: { value: 'red' } }), 'InvalidTemplate'],
    ['no mode', { properties: { template: { resources: [] } } }, 'InvalidDeployment'],
    ['no template', { properties: { mode: 'Incremental' } }, 'InvalidTemplate'],
  ])('%s is refused, by validate as well', async (_, body, code) => {
    const arm = await createArmClient();
    for (const answer of [await put(arm, body), await arm.send('POST', `${deployment}/validate`, { version, body })]) {
      expect([answer.status, answer.body.error.code]).toEqual([400, code]);
    }
  });
});

describe('what-if', () => {
  async function whatIf(arm: ArmClient, body: unknown) {
    const answer = await arm.send('POST', `${deployment}/whatIf`, { version, body });
    expect(answer.status).toBe(202);
    const url = answer.headers['location'] ?? '';
    for (let look = 0; look < 10; look++) {
      const result = await arm.get(url, '');
      if (result.status === 200) return result.body.properties.changes;
    }
    throw new Error('the what-if does not end');
  }

  test('it tells what would be made, changed, left and deleted, and changes nothing', async () => {
    const arm = await createArmClient();
    const changes = await whatIf(arm, template(owner));
    expect(changes[0]).toMatchObject({ changeType: 'Create', after: { name: 'kv-deployed', tags: { owner: 'data' } } });
    expect(new Set(changes.slice(1).map((one: { changeType: string }) => one.changeType))).toEqual(new Set(['Ignore']));
    expect((await vaultOf(arm, 'kv-deployed')).status).toBe(404);
    const complete = await whatIf(arm, template(owner, 'Complete'));
    expect(complete[1].changeType).toBe('Delete');
    await finish(arm, (await put(arm, template(owner))).headers['azure-asyncoperation']);
    expect((await whatIf(arm, template(owner)))[0].changeType).toBe('NoChange');
    expect((await whatIf(arm, template({ owner: { value: 'web' } })))[0]).toMatchObject({
      changeType: 'Modify',
      delta: [{ path: 'tags.owner', propertyChangeType: 'Modify', before: 'data', after: 'web' }],
    });
  });
});
