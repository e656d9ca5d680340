import { z } from 'zod';
import { signInErrors } from '../auth/aadsts.ts';
import type { AppError } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { cleanMessage } from './clean-message.ts';
import { conversion, testableSchemes } from './credential-rules.ts';
import { type Endpoint, federationOf, isOwnFederation, isScheme, readText, stateOf } from './endpoint.ts';
import type { Verification } from './service-connection.ts';

/**
 * The body of the service's own test. Only the named data source is ever asked for: a free address would let a caller
 * send the endpoint's credentials elsewhere.
 */
export function testBody({ type, url, data, authorization }: Endpoint): Readonly<Record<string, unknown>> {
  const { scheme, parameters } = authorization;
  return {
    dataSourceDetails: { dataSourceName: 'TestConnection' },
    resultTransformationDetails: {},
    serviceEndpointDetails: {
      type,
      url,
      data: data ?? {},
      // Null stands for the secret that the service has stored.
      authorization: { scheme, parameters: parameters ?? {} },
    },
  };
}

const answerSchema = z.looseObject({
  statusCode: z.union([z.string(), z.number()]).optional().catch(undefined),
  errorMessage: z.string().nullish().catch(undefined),
});

/** Names that .NET gives to statuses; the service sends them in camel case or as numbers. */
const statusNames: Readonly<Record<number, string>> = {
  200: 'ok',
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  429: 'tooManyRequests',
  500: 'internalServerError',
  502: 'badGateway',
  503: 'serviceUnavailable',
  504: 'gatewayTimeout',
};

function nameOf(code: string | number | undefined): string {
  if (code === undefined) return 'unknown';
  const number = typeof code === 'number' ? code : Number(code);
  if (Number.isInteger(number)) return statusNames[number] ?? String(number);
  const name = String(code).slice(0, 60);
  const known = Object.values(statusNames).find((one) => one.toLowerCase() === name.toLowerCase());
  return known ?? name;
}

/** Reads the answer of the test, which is a 200 for failures too. */
export function readTestResult(body: unknown, endpoint: Endpoint): Verification {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return { ok: false, status: 'unknown', message: 'The service gave no result of its test.' };
  const { statusCode, errorMessage } = parsed.data;
  const status = nameOf(statusCode);
  if (status === 'ok') return { ok: true, status };
  const message = errorMessage ? cleanMessage(errorMessage) : `The test ended with ${status}.`;
  return { ok: false, status, message, hint: hintFor(status, message, endpoint) };
}

/** What to say of a test that could not be made. */
export function failedTest({ code, message, hint }: AppError): Verification {
  return withoutUndefined({ ok: false, status: code, message, hint });
}

function hintFor(status: string, message: string, endpoint: Endpoint): string {
  const { data, authorization } = endpoint;
  if (stateOf(endpoint) === 'failed') {
    return 'It was never finished: delete it with delete_service_connection and make it again.';
  }
  if (!testableSchemes.some((scheme) => isScheme(endpoint, scheme))) {
    return 'The service cannot test its scheme: run a pipeline that uses it.';
  }
  const code = /AADSTS(\d{5,8})/.exec(message)?.[1];
  const meaning = code === undefined ? undefined : signInErrors[Number(code)];
  if (code?.startsWith('7002') === true && authorization.scheme === conversion.to) {
    const federation = federationOf(endpoint);
    return federation === undefined || isOwnFederation(federation, { id: endpoint.id })
      ? 'Give the app a federated credential with issuer and subject as list_service_connections shows them, and the audience of its cloud (api://AzureADTokenExchange in the public one); a new one needs about a minute.'
      : 'Issuer and subject cannot be those of a service connection: add no federated credential for them, and ask those who administer the organization.';
  }
  if (code === '7000222' || code === '7000215') {
    return 'Its secret is expired or wrong: convert it to federation with convert_service_connection, or give it a new secret.';
  }
  if (meaning !== undefined) return `The sign-in failed: ${meaning.meaning}.`;
  if (status === 'forbidden') {
    const subscription = readText(data, 'subscriptionId');
    const where = isGuid(subscription ?? '') ? `/subscriptions/${subscription}` : 'its scope';
    return `Assign its app a role such as Reader or Contributor at ${where}; a new assignment needs up to ten minutes.`;
  }
  return 'Check tenant, app and scope of the connection, then call again with verify.';
}
