import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { credentialsOf } from '../seed/sandbox-credentials.ts';
import { findResource, issueToken } from './issue-token.ts';

/**
 * `/metadata/identity/oauth2/token`, as on a virtual machine, and `/msi/token`, as in App Service. The sandbox app is
 * the machine's identity. Source: "How to use managed identities to acquire an access token".
 */
export async function managedIdentityToken(request: SandboxRequest, context: SandboxContext): Promise<SandboxResponse> {
  const call = { request, context };
  const query = new URLSearchParams(request.rawQuery);
  const appService = request.rawPath === '/msi/token';
  if (appService ? !request.headers['x-identity-header'] : request.headers['metadata'] !== 'true') {
    return appService
      ? { status: 401, body: { statusCode: 401, message: 'X-IDENTITY-HEADER is missing.' } }
      : invalid('Required metadata header not specified');
  }
  const resource = query.get('resource');
  if (!query.get('api-version')) return invalid('Required query variable api-version not specified');
  if (!resource) return invalid('Required query variable resource is missing');
  const { store, clock } = context;
  const clientId = query.get('client_id') ?? credentialsOf(context.tenant).clientId;
  const objectId = query.get('object_id') ?? query.get('principal_id');
  const servicePrincipal = objectId
    ? store.get('servicePrincipal', objectId)
    : store.findByKey('servicePrincipal', 'appId', clientId);
  if (!servicePrincipal || query.has('msi_res_id') || query.has('mi_res_id')) return invalid('Identity not found');
  const subject = {
    appId: String(servicePrincipal['appId']),
    displayName: String(servicePrincipal['displayName']),
    servicePrincipal,
    proof: 2 as const,
  };
  const token = await issueToken(subject, findResource(resource, call), call);
  const now = Math.floor(clock.now() / 1000);
  const expiresOn = String(now + token.expiresIn);
  const body = {
    access_token: token.accessToken,
    client_id: subject.appId,
    expires_on: expiresOn,
    resource,
    token_type: 'Bearer',
  };
  const imdsOnly = {
    expires_in: String(token.expiresIn),
    ext_expires_in: String(token.expiresIn),
    not_before: String(now),
  };
  return { status: 200, body: appService ? body : { ...body, ...imdsOnly } };
}

function invalid(description: string): SandboxResponse {
  return { status: 400, body: { error: 'invalid_request', error_description: description } };
}
