import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededAccessToken } from '../../src/sandbox/devops/seed/devops-credentials.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts';
import { type Lab, openLab, Product } from './support/product.ts';
import { expectNothingOf, filesBelow } from './support/sweep.ts';

let lab: Lab;
let issuer: OidcIssuer;
/** Where the tokens are that arguments name. */
let folder: string;

beforeAll(async () => {
  lab = await openLab({ logLevel: 'trace', policy: { max_access: 'read_write', confirm: 'never' } });
  issuer = await startOidcIssuer({ subject: 'repo:contoso/shop:ref:refs/heads/main' });
  folder = join(lab.home, 'secrets');
  await mkdir(folder);
});
afterAll(async () => {
  await lab.close();
  await issuer.close();
});

const marks = {
  key: 'MARKED-key-51c0-of-a-principal',
  profile: 'MARKED-profile-0a7e-password',
  variable: 'MARKED-variable-9d21~secret.value',
};

test('no secret of a provisioned, converted or DevOps identity is in anything that the server writes', async () => {
  const { tenantId, clientId, subscriptionId } = lab.sandbox.credentials;
  const tokenFile = join(folder, 'token');
  const tokens = [await issuer.sign({}, { forged: true }), await issuer.sign()];
  const server = new Product({ env: { ...lab.env, TENANTRY_SECRET_MARKED: marks.variable }, args: lab.args }, 'stdio');
  await server.initialize();
  let id = 0;
  const outcomes: boolean[] = [];
  const call = async (name: string, args: Record<string, unknown>) => {
    id += 1;
    const input = { connection: 'lab', ...args };
    server.send({ id, method: 'tools/call', params: { name, arguments: input, _meta: { progressToken: id } } });
    const { result } = (await server.answer(id)) as { result?: { isError?: boolean } };
    outcomes.push(result?.isError !== true);
  };
  const roles = [{ role: 'Reader', scope: `/subscriptions/${subscriptionId}` }];
  const wanted = { name: 'deployer', credential: 'secret', roles, access: 'read_write' };
  lab.sandbox.fault({ match: 'POST */addPassword', reset: 'after', times: 1 });
  await call('provision_connection', wanted);
  await call('provision_connection', wanted);
  await call('validate_connection', { connection: 'deployer' });
  for (const token of tokens) {
    await writeFile(tokenFile, token);
    const federated_token = { file: tokenFile };
    await call('convert_connection', { connection: 'deployer', federated_token, admin_connection: 'lab' });
    // Somebody echoes what was sent.
    const echo = { error: 'invalid_client', error_codes: [700027], error_description: `AADSTS700027: ${token}` };
    lab.sandbox.fault({ service: 'login', match: 'POST */token*', status: 401, body: echo, times: 1 });
    await call('validate_connection', { connection: 'deployer' });
  }
  await call('convert_connection', { connection: 'deployer', revert: true, admin_connection: 'lab' });
  await call('convert_connection', { connection: 'deployer', federated_token: tokens[1], admin_connection: 'lab' });

  const project = { organization: 'contoso', project: 'Payments' };
  const made = { ...project, tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId };
  const principal = { ...made, scheme: 'ServicePrincipal', name: 'by-key', client_secret: marks.key };
  const echoed = { message: `refused ${marks.key}`, typeKey: 'ServiceEndpointException' };
  lab.sandbox.fault({ service: 'devops', match: 'POST *', status: 400, body: echoed });
  await call('create_service_connection', principal);
  await call('create_service_connection', principal);
  await call('create_service_connection', {
    ...principal,
    name: 'by-reference',
    client_secret: { env: 'TENANTRY_SECRET_MARKED' },
  });
  await call('create_service_connection', {
    ...project,
    name: 'by-profile',
    scheme: 'PublishProfile',
    subscription_id: subscriptionId,
    publish_profile: `<publishData><publishProfile profileName="shop" userPWD="${marks.profile}" /></publishData>`,
    web_app_id: `/subscriptions/${subscriptionId}/resourceGroups/rg-contoso-web/providers/Microsoft.Web/sites/app-contoso-shop`,
  });
  await call('list_service_connections', { ...project, verify: true });
  await call('convert_service_connection', { ...project, all: true });
  await call('delete_service_connection', { ...project, id: 'by-key' });

  await call('create_connection', {
    connection: undefined,
    name: 'pat',
    cloud: 'lab',
    auth_type: 'bearer',
    scopes: ['devops'],
  });
  await call('complete_connection', { connection: 'pat', organization: 'contoso', token: seededAccessToken });
  await call('validate_connection', { connection: 'pat' });
  await call('list_service_connections', { connection: 'pat', project: 'Payments' });
  await call('graph_query', { connection: 'pat', endpoint: '/users' });
  server.process.stdin.end();
  await server.exit;

  // Most of it works: what was swept was really written.
  expect(outcomes.filter(Boolean).length).toBeGreaterThan(14);
  expect(server.stderr.length).toBeGreaterThan(1_000);
  expectNothingOf(
    [...Object.values(marks), ...tokens, seededAccessToken, Buffer.from(`:${seededAccessToken}`).toString('base64')],
    [
      ['stdout', server.stdout],
      ['stderr', server.stderr],
      // Without the file that the test itself has put there.
      ...(await filesBelow(lab.home)).filter(([path]) => !path.startsWith(folder)),
    ],
  );
}, 90_000);
