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
const credentials = 'App registrations > the app > Certificates & secrets > Federated credentials';
const federation = (claim: string, member: string) =>
  `Compare the ${claim} of the token (${member}) with that of the federated credential (${credentials}): it must be the same, character by character. A new credential takes minutes to work.`;
const wait = 'Wait a moment and try again.';

const otherCloud: SignInErrorMeaning = {
  meaning: 'the app belongs to another cloud',
  hint: 'Create the connection in the cloud that the app is registered in.',
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
  7000229: {
    meaning: 'the app has no service principal in this tenant',
    hint: 'Create it with `az ad sp create --id CLIENT_ID`. One that was just created takes up to two minutes to work.',
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
  70003: {
    meaning: 'the app has no permission for this way of signing in',
    hint: 'Use another auth_type, or allow this way of signing in at the app registration (Authentication).',
  },
  900144: {
    meaning: 'a part of the sign-in request is missing',
    hint: 'Check whether a proxy removes parts of requests, then call again.',
  },
  900561: {
    meaning: 'the sign-in request did not arrive as a POST',
    hint: 'Check whether a proxy redirects requests, which turns a POST into a GET.',
  },
  90015: {
    meaning: 'the sign-in request is too long',
    hint: 'Correct tenant_id and client_id: one of them is far longer than an id.',
  },
  900382: otherCloud,
  900432: otherCloud,
  9001023: {
    meaning: 'this sign-in needs a tenant of its own',
    hint: 'Use the tenant id instead of common or consumers.',
  },
  70011: wrongAudience,
  1002012: wrongAudience,
  700022: {
    meaning: 'more than one audience was requested',
    hint: 'Name one audience alone in token_audience of the cloud in tenantry.yaml.',
  },
  500011: {
    meaning: 'the tenant does not have the service that the token is for',
    hint: 'Leave out the scopes that need it (resources needs an Azure subscription in the tenant), or correct token_audience of the cloud.',
  },
  65001: {
    meaning: 'consent is missing',
    hint: 'Let an administrator grant consent (App registrations > API permissions > Grant admin consent).',
  },
  53003: {
    meaning: 'Conditional Access refused the sign-in',
    hint: 'Look up the policy in the sign-in logs of the tenant (Entra ID > Monitoring & health > Sign-in logs, tab Conditional Access), and let its administrator exclude the app, or allow the address of this machine.',
  },
  50076: {
    meaning: 'multi-factor authentication is required',
    hint: 'An app cannot give it: let the person sign in again with az login, use a connection with auth_type device_code, or let the administrator exclude the app from the Conditional Access policy.',
  },
  50079: {
    meaning: 'the account is not registered for multi-factor authentication',
    hint: 'Let the person register at https://aka.ms/mfasetup and sign in again.',
  },
  50166: {
    meaning: 'the keys of the issuer could not be read',
    hint: 'The discovery document of the issuer (/.well-known/openid-configuration) must be public, name the issuer exactly, and lead to its keys.',
  },
  5002738: {
    meaning: 'the assertion is signed in a way that is not accepted',
    hint: 'Sign it with an RSA key, by RS256 or PS256: keys of elliptic curves and shared keys are not accepted.',
  },
  7000272: {
    meaning: 'the issuer does not publish the key that signed the token',
    hint: 'Fetch a token that was signed with a current key, or wait until the issuer publishes the new one.',
  },
  50027: { meaning: 'the assertion is not a well-formed token', hint: 'Supply a JSON Web Token as federated_token.' },
  70021: {
    meaning: 'no federated credential of the app has issuer, subject and audience of the token',
    hint: `Compare all three with the federated credentials of the app (${credentials}); one of them must have all three, character by character. A new one takes minutes to work.`,
  },
  700211: {
    meaning: 'no federated credential of the app has the issuer of the token',
    hint: `${federation('issuer', 'iss')} Mind a slash at its end.`,
  },
  700212: {
    meaning: 'no federated credential of the app has the audience of the token',
    hint: `${federation('audience', 'aud')} Usual is api://AzureADTokenExchange.`,
  },
  700213: {
    meaning: 'no federated credential of the app has the subject of the token',
    hint: federation('subject', 'sub'),
  },
  7002137: {
    meaning: 'no federated credential of the app has the subject of the token, which Microsoft Entra issued',
    hint: `Do not compose it: copy the subject that the issuing service shows into the federated credential (${credentials}).`,
  },
  7002138: {
    meaning: 'the subject of the token differs from that of the federated credential in upper and lower case',
    hint: `Write the subject in the federated credential (${credentials}) as in the token, or delete the credential and add it again. Waiting does not help.`,
  },
  70025: {
    meaning: 'the app has no federated credentials',
    hint: `Add one: ${credentials}.`,
  },
  700024: {
    meaning: 'the assertion is not valid at this time',
    hint: 'Check the clock of this machine; for a token file, that it is still being renewed.',
  },
  700027: {
    meaning: 'the certificate is not one of the app',
    hint: 'Upload the public part of the certificate (App registrations > the app > Certificates & secrets > Certificates) and check that it has not expired.',
  },
  50032: {
    meaning: 'the RSA key of the certificate is shorter than 2048 bits',
    hint: 'Make a certificate with an RSA key of 2048 bits or more, upload its public part to the app, and supply it with complete_connection.',
  },
  7000213: {
    meaning: 'the chain of the certificate is not valid',
    hint: 'Supply key and certificate without its issuers, or with all of them, with complete_connection.',
  },
  700223: {
    meaning: 'federation is switched off for the tenant',
    hint: 'Ask the administrator of the tenant to switch on workload identity federation.',
  },
  700238: {
    meaning: 'a policy of the tenant restricts federation',
    hint: 'Ask the administrator of the tenant to allow the issuer of the token.',
  },
  70052: {
    meaning: 'a token that Microsoft Entra issued cannot sign in a multitenant app',
    hint: 'Make the app single-tenant (`az ad app update --id CLIENT_ID --sign-in-audience AzureADMyOrg`), with an app and a connection for each further tenant.',
  },
  50034: {
    meaning: 'the tenant does not know the account',
    hint: 'Sign in with an account of the tenant, or correct tenant_id.',
  },
  50020: {
    meaning: 'the account is of another directory, and is not a guest of this tenant',
    hint: 'Invite it to the tenant (Entra ID > Users > Invite external user), or sign in with another account.',
  },
  50196: {
    meaning: 'the app asks for the same token too often',
    hint: 'Wait a minute, and end other processes that sign in as this app over and over.',
    code: 'throttled',
    retryable: true,
  },
  90033: trouble,
  90024: trouble,
  90006: trouble,
  90055: {
    meaning: 'too many requests come from the tenant',
    hint: 'Let the tenant rest for some minutes, and try again.',
    code: 'throttled',
    retryable: true,
  },
};

/** OAuth error names of the device code flow, which come without a number. RFC 8628 section 3.5. */
export const deviceCodeErrors: Readonly<Record<string, SignInErrorMeaning>> = {
  authorization_declined: { meaning: 'the person declined', hint: 'Call again and accept at the address shown.' },
  expired_token: { meaning: 'nobody entered the code in time', hint: 'Call again and enter the new code sooner.' },
  bad_verification_code: { meaning: 'the code was not recognised', hint: 'Call again and enter the new code.' },
};
