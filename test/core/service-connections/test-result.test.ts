import { describe, expect, test } from 'vitest';
import { readTestResult } from '../../../src/core/service-connections/describe-endpoint.ts';
import { testBody } from '../../../src/core/service-connections/endpoints.ts';
import { endpoint } from './endpoint-objects.ts';

describe('the test of the service', () => {
  test('is asked for by its name, without an address of our own', () => {
    const body = testBody(endpoint());
    expect(body).toMatchObject({
      dataSourceDetails: { dataSourceName: 'TestConnection' },
      serviceEndpointDetails: { authorization: { parameters: { serviceprincipalkey: null } } },
    });
    expect(JSON.stringify(body)).not.toContain('dataSourceUrl');
  });

  test('asks for a stored secret with null, also where the service shows it as nothing', () => {
    const parameters = { tenantid: 't', serviceprincipalkey: '' };
    const body = testBody(endpoint({ authorization: { scheme: 'ServicePrincipal', parameters } }));
    expect(body['serviceEndpointDetails']).toMatchObject({
      authorization: { parameters: { tenantid: 't', serviceprincipalkey: null } },
    });
  });

  test.each([
    ['ok', true, 'ok'],
    ['Ok', true, 'ok'],
    ['OK', true, 'ok'],
    [200, true, 'ok'],
    ['200', true, 'ok'],
    ['forbidden', false, 'forbidden'],
    [403, false, 'forbidden'],
    ['Unauthorized', false, 'unauthorized'],
    [418, false, '418'],
    [undefined, false, 'unknown'],
  ])('reads the status %s', (statusCode, ok, status) => {
    expect(readTestResult({ statusCode, errorMessage: '' }, endpoint())).toMatchObject({ ok, status });
  });

  test.each([[null], ['text'], [[]], [undefined]])('takes %j for no result', (body) => {
    expect(readTestResult(body, endpoint())).toMatchObject({ ok: false, status: 'unknown' });
  });

  test('shows the words of the service without queries, line breaks and secrets', () => {
    const errorMessage =
      "Failed to query service connection API: 'https://management.azure.com/subscriptions/1?api-version=2016-06-01&sig=abcdef'.\nStatus Code: 'Forbidden', assertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln";
    const { message } = readTestResult({ statusCode: 'forbidden', errorMessage }, endpoint());
    expect(message).toContain("'https://management.azure.com/subscriptions/1'");
    expect(message).not.toMatch(/sig=|eyJ|\n/);
  });

  test('a missing role is named with the place where it is missing', () => {
    const subscriptionId = '9c1b9d0e-0000-4000-8000-000000000001';
    const forbidden = { statusCode: 403, errorMessage: 'AuthorizationFailed' };
    const { hint } = readTestResult(forbidden, endpoint({ data: { subscriptionId } }));
    expect(hint).toContain(`/subscriptions/${subscriptionId}`);
  });

  test('a federated credential that does not match leads to issuer and subject, and repeats neither', () => {
    const parameters = {
      workloadIdentityFederationIssuer: 'https://vstoken.dev.azure.com/9c1b9d0e-0000-4000-8000-000000000001',
      workloadIdentityFederationSubject: 'sc://a/b/c',
    };
    const federated = endpoint({ authorization: { scheme: 'WorkloadIdentityFederation', parameters } });
    const result = readTestResult({ statusCode: 401, errorMessage: 'AADSTS700213: No matching credential' }, federated);
    expect(result.hint).toMatch(/issuer and subject as list_service_connections.*api:\/\/AzureADTokenExchange/);
    expect(result.hint).not.toContain('sc://');
  });

  const own = {
    workloadIdentityFederationIssuer: 'https://login.microsoftonline.com/9c1b9d0e-0000-4000-8000-000000000001/v2.0',
    workloadIdentityFederationSubject:
      '/eid1/c/sc/9c1b9d0e-0000-4000-8000-000000000002/22222222-0000-4000-8000-000000000001',
  };
  const federated = endpoint({ authorization: { scheme: 'WorkloadIdentityFederation', parameters: own } });

  // https://learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity
  test.each([
    ['70021', 'issuer and subject as list_service_connections shows them'],
    ['700211', 'issuer and subject as list_service_connections shows them'],
    ['700213', 'issuer and subject as list_service_connections shows them'],
    ['700212', 'Set the audience of the federated credential of its app to api://AzureADTokenExchange.'],
    ['7002138', 'upper and lower case only'],
    ['7002137', '/eid1/'],
    ['70025', 'Give the app a federated credential'],
    ['70052', 'single-tenant'],
    ['700223', 'ask its administrators'],
    ['700238', 'ask its administrators'],
    ['900382', 'another cloud'],
    ['700016', 'compare tenant_id and client_id'],
    ['700024', 'outside its lifetime'],
  ])('AADSTS%s has a step of its own', (code, step) => {
    const { message, hint } = readTestResult({ statusCode: 401, errorMessage: `AADSTS${code}: no` }, federated);
    expect(message).toBe(`The test ended with \`unauthorized\`: \`AADSTS${code}: no\``);
    expect(hint).toContain(step);
  });

  test('another cloud has another audience', () => {
    const china = { ...federated, data: { environment: 'AzureChinaCloud' } };
    const { hint } = readTestResult({ statusCode: 401, errorMessage: 'AADSTS700212: no' }, china);
    expect(hint).toContain('api://AzureADTokenExchangeChina');
  });

  test('an expired secret leads to the conversion', () => {
    const result = readTestResult({ statusCode: 401, errorMessage: 'AADSTS7000222: expired' }, endpoint());
    expect(result.hint).toContain('convert_service_connection');
  });
});
