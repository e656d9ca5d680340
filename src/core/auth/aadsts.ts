import type { ErrorCode } from '../base/errors.ts';

/** What a code of the sign-in service means, and what to do. */
export interface SignInErrorMeaning {
  readonly meaning: string;
  readonly hint: string;
  /** Default `unauthenticated`. */
  readonly code?: ErrorCode;
  readonly retryable?: boolean;
}

const rotate =
  'Rotate it: create a new client secret (Entra admin center > App registrations > the app > Certificates & secrets) and supply it with complete_connection.';
const wrongApp =
  'Compare tenant_id and client_id with the Overview page of the app registration; both belong to one app.';
const federation =
  'Compare issuer, subject and audience of the token with the federated credential of the app (Certificates & secrets > Federated credentials); they are case-sensitive, and a new one takes minutes to work.';
const wait = 'Wait a moment and try again.';
const conditionalAccess =
  'A policy of the tenant asks for more than an app can give: exclude the app or its address from the Conditional Access policy, or use device_code.';

const otherCloud: SignInErrorMeaning = {
  meaning: 'the app belongs to another cloud',
  hint: 'Create the connection in the cloud that the app is registered in.',
};
const otherTenant: SignInErrorMeaning = {
  meaning: 'the account is not in this tenant',
  hint: 'Sign in with an account of the tenant, or correct tenant_id.',
};
const wrongAudience: SignInErrorMeaning = {
  meaning: 'the requested audience is not valid',
  hint: 'Check token_audience of the cloud in tenantry.yaml.',
};
const trouble: SignInErrorMeaning = {
  meaning: 'the sign-in service has trouble',
  hint: wait,
  code: 'upstream_unavailable',
  retryable: true,
};

/**
 * By AADSTS number.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export const signInErrors: Readonly<Record<number, SignInErrorMeaning>> = {
  7000215: {
    meaning: 'the client secret is wrong',
    hint: 'Supply the value of the client secret, not its id, with complete_connection; the portal shows the value only once.',
  },
  7000222: { meaning: 'the client secret has expired', hint: rotate },
  7000216: {
    meaning: 'no client credential was accepted',
    hint: 'Supply client_secret or certificate with complete_connection.',
  },
  7000218: {
    meaning: 'the app is not a public client',
    hint: 'Allow public client flows (App registrations > Authentication), or use auth_type azure with a client secret.',
  },
  700016: {
    meaning: 'the app does not exist in this tenant',
    hint: `${wrongApp} An app that was just created takes up to two minutes to work.`,
  },
  7000112: {
    meaning: 'the app is disabled',
    hint: 'Enable the enterprise application (Properties > Enabled for users to sign-in).',
  },
  90002: {
    meaning: 'the tenant does not exist in this cloud',
    hint: 'Correct tenant_id, or create the connection in the cloud that the tenant is in.',
  },
  900023: {
    meaning: 'the tenant id is not valid',
    hint: 'Use the tenant id (a GUID) or a verified domain of the tenant.',
  },
  900382: otherCloud,
  900432: otherCloud,
  9001023: {
    meaning: 'this sign-in needs a tenant of its own',
    hint: 'Use the tenant id instead of common or consumers.',
  },
  70011: wrongAudience,
  1002012: wrongAudience,
  700022: { ...wrongAudience, meaning: 'more than one audience was requested' },
  500011: {
    meaning: 'the tenant does not have the service that the token is for',
    hint: 'Leave out the scopes that need it (resources needs an Azure subscription in the tenant), or correct token_audience of the cloud.',
  },
  65001: {
    meaning: 'consent is missing',
    hint: 'Let an administrator grant consent (App registrations > API permissions > Grant admin consent).',
  },
  53003: { meaning: 'Conditional Access refused the sign-in', hint: conditionalAccess },
  50076: { meaning: 'multi-factor authentication is required', hint: conditionalAccess },
  50079: { meaning: 'multi-factor authentication has to be set up', hint: conditionalAccess },
  50166: {
    meaning: 'the keys of the issuer could not be read',
    hint: 'The discovery document of the issuer (/.well-known/openid-configuration) must be public, name the issuer exactly, and lead to its keys.',
  },
  5002738: {
    meaning: 'the assertion is signed in a way that is not accepted',
    hint: 'Let the issuer of the token sign with RS256.',
  },
  7000272: {
    meaning: 'the issuer does not publish the key that signed the token',
    hint: 'Fetch a token that was signed with a current key, or wait until the issuer publishes the new one.',
  },
  50027: { meaning: 'the assertion is not a well-formed token', hint: 'Supply a JSON Web Token as federated_token.' },
  70021: { meaning: 'no federated credential of the app matches the token', hint: federation },
  700211: { meaning: 'no federated credential of the app has the issuer of the token', hint: federation },
  700212: { meaning: 'no federated credential of the app has the audience of the token', hint: federation },
  700213: { meaning: 'no federated credential of the app has the subject of the token', hint: federation },
  7002137: { meaning: 'no federated credential of the app has the subject of the token', hint: federation },
  7002138: { meaning: 'no federated credential of the app has the audience of the token', hint: federation },
  70025: {
    meaning: 'the app has no federated credentials',
    hint: 'Add one: App registrations > the app > Certificates & secrets > Federated credentials.',
  },
  700024: {
    meaning: 'the assertion is not valid at this time',
    hint: 'Check the clock of this machine; for a token file, that it is still being renewed.',
  },
  700027: {
    meaning: 'the certificate is not one of the app',
    hint: 'Upload the public part of the certificate (App registrations > the app > Certificates & secrets > Certificates) and check that it has not expired.',
  },
  700223: {
    meaning: 'federation is switched off for the tenant',
    hint: 'Ask the administrator of the tenant to allow workload identity federation.',
  },
  700238: {
    meaning: 'federation is restricted by a policy of the tenant',
    hint: 'Ask the administrator of the tenant to allow this issuer.',
  },
  70052: { meaning: 'the app may not be used from several tenants', hint: wrongApp },
  50034: otherTenant,
  50020: otherTenant,
  50196: { meaning: 'the same token was asked for too often', hint: wait, code: 'throttled', retryable: true },
  90033: trouble,
  90024: trouble,
  90006: trouble,
  90055: trouble,
};

/** OAuth error names of the device code flow, which come without a number. RFC 8628 section 3.5. */
export const deviceCodeErrors: Readonly<Record<string, SignInErrorMeaning>> = {
  authorization_declined: { meaning: 'the person declined', hint: 'Call again and accept at the address shown.' },
  expired_token: { meaning: 'nobody entered the code in time', hint: 'Call again and enter the new code sooner.' },
  bad_verification_code: { meaning: 'the code was not recognised', hint: 'Call again and enter the new code.' },
};
