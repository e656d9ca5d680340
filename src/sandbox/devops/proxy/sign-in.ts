import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { recordOf } from '../../base/guards.ts';
import type { SandboxRequest, SandboxResponse } from '../../service.ts';
import type { DevOpsCall } from '../devops-call.ts';
import type { Authorization, EndpointRecord } from '../devops-records.ts';
import { signAssertion } from '../endpoints/sign-assertion.ts';
import { textAt } from '../text-map.ts';

/** A token for Resource Manager, or the words of Entra. */
export type SignIn = { readonly token: string } | { readonly problem: string };

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Signs in as the endpoint does, at the real login service of the sandbox. */
export async function signIn(endpoint: EndpointRecord, call: DevOpsCall): Promise<SignIn> {
  const { authorization } = endpoint;
  const { parameters } = authorization;
  const proof = await proofOf(endpoint, call);
  if ('problem' in proof) return proof;
  const arm = call.context.addressOf(call.request, 'arm');
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: textAt(parameters, 'serviceprincipalid') ?? '',
    scope: `${arm}/.default`,
    ...proof.form,
  });
  const tenantId = encodeURIComponent(textAt(parameters, 'tenantid') ?? '');
  const request = internalRequest(call, 'login', {
    method: 'POST',
    rawPath: `/${tenantId}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const { access_token: token, error_description: problem } = bodyOf(await call.login.handle(request, call.context));
  return typeof token === 'string' ? { token } : { problem: String(problem ?? 'The login service gave no answer.') };
}

type Proof = { readonly form: Readonly<Record<string, string>> } | { readonly problem: string };

async function proofOf(endpoint: EndpointRecord, call: DevOpsCall): Promise<Proof> {
  const { scheme, parameters } = endpoint.authorization;
  if (scheme === 'WorkloadIdentityFederation') return assertionForm(await signAssertion(endpoint, call));
  if (textAt(parameters, 'authenticationType')?.toLowerCase() !== 'spncertificate') {
    return { form: { client_secret: textAt(parameters, 'serviceprincipalkey') ?? '' } };
  }
  const assertion = certificateAssertion(endpoint.authorization, call);
  return assertion === undefined
    ? {
        problem:
          'The certificate of the service connection cannot be read: it has to be a PEM with certificate and private key.',
      }
    : assertionForm(assertion);
}

function assertionForm(assertion: string): Proof {
  return { form: { client_assertion_type: assertionType, client_assertion: assertion } };
}

/** Source: "Microsoft identity platform application authentication certificate credentials". */
function certificateAssertion({ parameters }: Authorization, { context, request }: DevOpsCall): string | undefined {
  const pem = textAt(parameters, 'servicePrincipalCertificate') ?? '';
  const appId = textAt(parameters, 'serviceprincipalid') ?? '';
  const now = Math.floor(context.clock.now() / 1000);
  try {
    const { raw } = new X509Certificate(pem);
    const audience = `${context.addressOf(request, 'login')}/${textAt(parameters, 'tenantid')}/oauth2/v2.0/token`;
    const header = { alg: 'RS256', typ: 'JWT', x5t: createHash('sha1').update(raw).digest('base64url') };
    const claims = { aud: audience, iss: appId, sub: appId, jti: context.newId(), nbf: now, exp: now + 600 };
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), createPrivateKey(pem)).toString('base64url')}`;
  } catch {
    return undefined;
  }
}

interface InternalRequest {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request from Azure DevOps to another service of the sandbox. */
export function internalRequest(
  { context, request }: DevOpsCall,
  service: 'login' | 'arm',
  { method, rawPath, rawQuery = '', headers, body = '' }: InternalRequest,
): SandboxRequest {
  const base = context.addressOf(request, service);
  return { method, base, rawPath, rawQuery, headers, body: Buffer.from(body), requestId: request.requestId };
}

/** What a service of the sandbox answers, when its body is an object. */
export function bodyOf({ body }: SandboxResponse): Readonly<Record<string, unknown>> {
  return recordOf(body);
}
