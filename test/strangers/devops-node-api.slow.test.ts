import { getBearerHandler, getPersonalAccessTokenHandler, WebApi } from 'azure-devops-node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededAccessToken } from '../../src/sandbox/devops/seed/devops-credentials.ts';
import { openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

// What the library does with service endpoints is tested without a port of its own, in test/sandbox/devops.

let tenant: StrangeTenant;
beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '12');
});
afterAll(() => tenant?.close());

describe('azure-devops-node-api', () => {
  test.each(['an Entra token', 'a personal access token'])(
    'signs in with %s and reads projects and endpoints',
    async (kind) => {
      const bearer = async () => {
        const { token } = await tenant.credential.getToken('499b84ac-1321-427f-aa17-267ca6975798/.default');
        return getBearerHandler(token);
      };
      const handler = kind === 'an Entra token' ? await bearer() : getPersonalAccessTokenHandler(seededAccessToken);
      const web = new WebApi(`${tenant.cloud.devops}/${tenant.credentials.organization}`, handler, {
        allowRetries: false,
      });
      const projects = await (await web.getCoreApi()).getProjects();
      expect(projects.map(({ name }) => name)).toContain('Payments');
      const endpoints = await (await web.getServiceEndpointApi()).getServiceEndpoints('Payments', 'azurerm');
      expect(endpoints.map(({ name }) => name)).toContain('azure-production');
    },
  );
});
