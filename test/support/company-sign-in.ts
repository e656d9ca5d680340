import { createHttpHeaders, createPipelineRequest, type HttpClient, type HttpMethods } from '@azure/core-rest-pipeline';
import { decodeJwt } from 'jose';
import { Caller } from '../../src/core/base/caller.ts';
import type { Cloud } from '../../src/core/base/clouds.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { companyCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';

export interface CompanyTenant {
  readonly httpClient: HttpClient;
  readonly cloud: Cloud;
}

const { tenantId, clientId } = companyCredentials();
const redirectUri = 'http://127.0.0.1:4711/callback';

async function send({ httpClient }: CompanyTenant, method: HttpMethods, url: string, form?: URLSearchParams) {
  const request = createPipelineRequest({ method, url, allowInsecureConnection: true });
  if (form !== undefined) {
    request.headers = createHttpHeaders({ 'content-type': 'application/x-www-form-urlencoded' });
    request.body = form.toString();
  }
  return httpClient.sendRequest(request);
}

/** Signs a user of the sandbox in to the company's app; resolves with the access token that a client would send. */
export async function signInToCompany(tenant: CompanyTenant, upn: string): Promise<string> {
  const root = `${tenant.cloud.login}/${tenantId}/oauth2/v2.0`;
  const scope = `api://${clientId}/Tenantry.Read api://${clientId}/Tenantry.Write`;
  const query = new URLSearchParams({
    ...{ client_id: clientId, response_type: 'code', redirect_uri: redirectUri, scope, login_hint: upn },
  });
  const sent = await send(tenant, 'GET', `${root}/authorize?${query}`);
  const code = new URL(sent.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectUri, code };
  const answered = await send(tenant, 'POST', `${root}/token`, new URLSearchParams(form));
  const { access_token: token } = JSON.parse(answered.bodyAsText ?? '{}') as { access_token: string };
  return token;
}

export function callerOfToken(token: string): Caller {
  const { tid, oid } = decodeJwt(token);
  return new Caller({ id: `${String(tid)}/${String(oid)}`, assertion: new Secret(token) });
}
