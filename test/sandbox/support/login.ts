import { createLoginService } from '../../../src/sandbox/entra/login-service.ts';
import { sandboxCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { sandboxRequest, type TestContext } from './test-context.ts';

const login = createLoginService();
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const graphScope = 'https://graph.microsoft.com/.default';
export const { tenantId, clientId, clientSecret } = sandboxCredentials;
export const complete = {
  grant_type: 'client_credentials',
  client_id: clientId,
  client_secret: clientSecret,
  scope: graphScope,
};

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function post(
  context: TestContext,
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const request = sandboxRequest('POST', path, {
    service: 'login',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
  return (await login.handle(request, context)) as Answer;
}

export const get = async (context: TestContext, url: string, headers: Record<string, string> = {}) =>
  (await login.handle(sandboxRequest('GET', url, { service: 'login', headers }), context)) as Answer;

export const askToken = (
  context: TestContext,
  form: Record<string, string>,
  headers?: Record<string, string>,
  tenantName: string = tenantId,
) => post(context, `/${tenantName}/oauth2/v2.0/token`, form, headers);

export const without = (name: keyof typeof complete) =>
  Object.fromEntries(Object.entries(complete).filter(([key]) => key !== name));
