import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { audience, createReady, type FederatedTools, openFederatedTools, subject } from './federated-tools.ts';

let tools: FederatedTools;

beforeEach(async () => {
  tools = await openFederatedTools({ frozenClock: false });
  await tools.writeToken();
});

afterEach(() => tools.close());

/** The authority does not know the new credential yet. */
function notKnownYet(times: number, code = 70021): void {
  tools.sandbox.fault({
    service: 'login',
    match: 'POST */oauth2/v2.0/token*',
    status: 401,
    times,
    body: { error: 'invalid_client', error_codes: [code], error_description: `AADSTS${code}: No matching record.` },
  });
}

/**
 * Signs in with the secret, so that faults meet the federated sign-ins alone, and does beforehand what takes real time:
 * loading the conversion and reading the keys of the issuer.
 */
async function prepare(): Promise<void> {
  expect((await tools.call('graph_query', { connection: 'prod', endpoint: '/organization' })).isError).toBe(false);
  expect((await tools.convert({ subject: 'somebody' })).isError).toBe(true);
  const published = await fetch(`${tools.issuer.issuer}/jwks`);
  const { keys } = JSON.parse(await published.text());
  tools.sandbox.placeObject('graph', 'issuer', { issuer: tools.issuer.issuer, keys });
}

describe('a credential that was just made', () => {
  test.each([70021, 70025, 700213])('is waited for while AADSTS%i says that it is not known', async (code) => {
    await prepare();
    notKnownYet(4, code);
    fakeTime();
    const answer = await passTime(tools.convert());
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes.join()).toContain('waited for it');
    expect(answer.diagnostics.duration_ms).toBeGreaterThan(14_000);
    expect(answer.diagnostics.duration_ms).toBeLessThan(30_000);
  });

  test('is taken back when it is not known after two minutes', async () => {
    await prepare();
    notKnownYet(100);
    fakeTime();
    const answer = await passTime(tools.convert({ timeout: 300 }));
    expect(answer.diagnostics.duration_ms).toBeGreaterThan(90_000);
    expect(answer.diagnostics.duration_ms).toBeLessThan(125_000);
    expect(answer.response.error).toMatchObject({
      upstream: { code: 'AADSTS70021' },
      hint: expect.stringContaining(`subject \`${subject}\``),
      message: expect.stringContaining('taken back'),
    });
    tools.sandbox.reset();
    expect((await tools.show()).auth_type).toBe('azure');
  });

  test('is not waited for beyond a cancellation', async () => {
    await prepare();
    notKnownYet(100);
    fakeTime();
    const controller = new AbortController();
    const input = { connection: 'prod', federated_token: { file: tools.tokenFile } };
    let seen = 0;
    const call = tools.call('convert_connection', input, {
      signal: controller.signal,
      progress: ({ progress }) => {
        if (progress === 2) setTimeout(() => controller.abort(), 9_000);
      },
    });
    controller.signal.addEventListener('abort', () => {
      seen = tools.seen().length;
    });
    expect((await passTime(call)).response.error.code).toBe('cancelled');
    expect(tools.seen().length).toBe(seen);
  });

  test('other refusals are not waited for', async () => {
    await prepare();
    notKnownYet(1, 700027);
    const answer = await tools.convert();
    expect(answer.response.error.upstream.code).toBe('AADSTS700027');
    expect(answer.diagnostics.duration_ms).toBeLessThan(10_000);
  });
});

describe('an app that may not change itself', () => {
  const { tenantId, clientId, clientSecret } = seededCredentials('noRoles');
  const completion = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
  const federate = () => tools.convert({ connection: 'weak' });

  beforeEach(() => createReady(tools, 'weak', completion));

  test('is told what to add by hand, and changes nothing', async () => {
    const { error } = (await federate()).response;
    expect(error).toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('may not add a federated credential'),
    });
    expect(error.hint).toContain('Application.ReadWrite.OwnedBy');
    expect(error.hint).toContain(`issuer \`${tools.issuer.issuer}\`, subject \`${subject}\`, audience \`${audience}\``);
    expect((await tools.show('weak')).auth_type).toBe('azure');
  });

  test('is told of a token that no credential would help', async () => {
    await tools.writeToken({}, { forged: true });
    const body = { name: 'by-admin', issuer: tools.issuer.issuer, subject, audiences: [audience] };
    const endpoint = `/applications(appId='${clientId}')/federatedIdentityCredentials`;
    await tools.call('graph_write', { requests: [{ method: 'POST', endpoint, body }] });
    expect((await federate()).response.error.upstream.code).toBe('AADSTS700027');
  });

  test('is converted once somebody else has added it; the way back leaves it there', async () => {
    const body = { name: 'by-admin', issuer: tools.issuer.issuer, subject, audiences: [audience] };
    const endpoint = `/applications(appId='${clientId}')/federatedIdentityCredentials`;
    await tools.call('graph_write', { requests: [{ method: 'POST', endpoint, body }] });
    const answer = await federate();
    expect(answer.response.data.changes).toEqual(['switched weak from azure to workload_identity']);
    expect(answer.meta.notes.join()).toContain('it trusts the token already');
    const { federated_credential: credential } = (await tools.show('weak')).conversion;
    expect(credential).toEqual({ issuer: tools.issuer.issuer, subject, audience });
    const back = await tools.call('convert_connection', { connection: 'weak', revert: true });
    expect(back.response.data.changes).toEqual(['switched weak from workload_identity back to azure']);
  });

  test('keeps its secret where it may not be removed, and says so', async () => {
    const body = { name: 'by-admin', issuer: tools.issuer.issuer, subject, audiences: [audience] };
    const endpoint = `/applications(appId='${clientId}')/federatedIdentityCredentials`;
    await tools.call('graph_write', { requests: [{ method: 'POST', endpoint, body }] });
    const answer = await tools.convert({ connection: 'weak', remove_secret: true });
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes.join()).toContain('The secret was not removed from the app');
    expect((await tools.show('weak')).conversion.way_back).toBe('open');
  });
});
