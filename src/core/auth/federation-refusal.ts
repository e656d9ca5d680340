import { quoted } from '../base/plain-text.ts';
import { type SignInErrorMeaning, signInErrors } from './aadsts.ts';
import type { AssertionClaims } from './token-claims.ts';

/** What is known about a refused sign-in with a federated token. */
export interface FederationFacts {
  readonly claims: AssertionClaims;
  /** What the app trusts since the connection was converted. */
  readonly expected: { readonly issuer: string; readonly subject: string; readonly audience: string } | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the service said about it. */
  readonly said?: string | undefined;
}

interface FederationHint {
  /** Where the code means something else for a federated token. */
  readonly meaning?: string;
  hint(facts: FederationFacts): string;
}

const adapt =
  'supply the token of the right workload with complete_connection, or add a federated credential with exactly this value to the app (Certificates & secrets > Federated credentials); a new one takes minutes to work.';

/**
 * How a refused federated token is explained, by AADSTS number. Only identifiers are shown, nothing that would let anyone
 * sign in.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 */
const federationHints: Readonly<Record<number, FederationHint>> = {
  70021: { hint: (facts) => `The token has ${allOf(facts.claims)}${differenceOf(facts)}: ${adapt}` },
  700211: {
    hint: ({ claims: { issuer }, expected }) =>
      `The token has the issuer ${quoted(issuer)}${insteadOf(issuer, expected?.issuer)}: ${adapt}`,
  },
  700212: { hint: audienceHint },
  700213: { hint: subjectHint },
  7002137: { hint: issuedSubjectHint },
  7002138: {
    hint: ({ claims: { subject } }) =>
      `Write the subject as ${quoted(subject)} in the federated credential (Certificates & secrets > Federated credentials); where it looks the same already, delete the credential and add it again. Waiting does not help.`,
  },
  70025: {
    hint: ({ claims }) =>
      `Call convert_connection, or add one to the app (Certificates & secrets > Federated credentials) with ${allOf(claims)}; a new one takes minutes to work.`,
  },
  700024: {
    meaning: 'the federated token is not valid at this time',
    hint: ({ claims, now }) =>
      `It is valid from ${shown(claims.validFrom)} to ${shown(claims.expiresAt)}, and this machine has ${shown(now)}: check the clocks of this machine and of the issuer, and that the token is still being renewed.`,
  },
  700027: {
    meaning: 'the signature of the federated token is not valid',
    hint: ({ claims: { issuer, keyId } }) =>
      `It does not match the key that ${quoted(issuer)} publishes${keyId === undefined ? '' : ` as ${quoted(keyId)}`}: fetch the token again and pass it whole, or let the issuer publish the key that it signs with.`,
  },
  7000272: {
    meaning: 'the issuer does not publish the key that signed the federated token',
    hint: ({ claims: { issuer, keyId } }) =>
      `${quoted(issuer)} does not publish ${keyId === undefined ? 'it' : `the key ${quoted(keyId)}`}: fetch a token that was signed with a current key, or wait until the issuer publishes the new one.`,
  },
  5002738: {
    meaning: 'the federated token is signed in a way that is not accepted',
    hint: ({ claims: { issuer, algorithm } }) =>
      `Its algorithm is ${quoted(algorithm)}: let ${quoted(issuer)} sign with an RSA key, by RS256 or PS256.`,
  },
  70052: {
    hint: ({ claims: { issuer } }) =>
      `Tokens of ${quoted(issuer)} sign in single-tenant apps and managed identities only. ${signInErrors[70052]?.hint}`,
  },
  50166: {
    hint: ({ claims: { issuer } }) =>
      `${wellKnownOf(issuer)} must be public, name ${quoted(issuer)} as issuer, and lead to the keys.`,
  },
  700223: {
    hint: ({ claims: { issuer } }) =>
      `Ask the administrator of the tenant to switch on workload identity federation for the tokens of ${quoted(issuer)}.`,
  },
  700238: {
    hint: ({ claims: { issuer } }) =>
      `Ask the administrator of the tenant to add ${quoted(issuer)} to the issuers that the policy of the tenant allows.`,
  },
};

/** The meaning of a code, and a hint that names the value that differs. */
export function explainFederation(code: number | undefined, facts: FederationFacts): SignInErrorMeaning | undefined {
  if (code === undefined) return undefined;
  const told = federationHints[code];
  const meaning = told?.meaning ?? signInErrors[code]?.meaning;
  return told === undefined || meaning === undefined ? undefined : { meaning, hint: told.hint(facts) };
}

function audienceHint({ claims, expected }: FederationFacts): string {
  const wanted = expected?.audience;
  const instead = claims.audiences.includes(wanted ?? '') ? '' : insteadOf(undefined, wanted);
  return `The token has the audience ${audienceOf(claims)}${instead}: ask its issuer for ${quoted(wanted ?? 'api://AzureADTokenExchange')}, or ${adapt}`;
}

function subjectHint({ claims: { subject }, expected }: FederationFacts): string {
  return `The token has the subject ${quoted(subject)}${insteadOf(subject, expected?.subject)}: ${adapt}`;
}

/** The service names the subject that it expects from the issuers of Microsoft. */
function issuedSubjectHint({ claims: { subject }, said = '' }: FederationFacts): string {
  const expected = /credential Subject is '([^']{1,600})'/i.exec(said)?.[1];
  const wanted = expected === undefined ? '' : `, and the service expects ${quoted(expected, 600)}`;
  return `The token has the subject ${quoted(subject, 600)}${wanted}: copy the subject that the issuing service shows (for a service connection, list_service_connections does) into the federated credential of the app.`;
}

function insteadOf(actual: string | undefined, expected: string | undefined): string {
  return expected === undefined || expected === actual ? '' : `, the connection was converted with ${quoted(expected)}`;
}

function differenceOf({ claims, expected }: FederationFacts): string {
  if (expected === undefined) return '';
  const parts = [
    ...(claims.issuer === expected.issuer ? [] : [`issuer ${quoted(expected.issuer)}`]),
    ...(claims.subject === expected.subject ? [] : [`subject ${quoted(expected.subject)}`]),
    ...(claims.audiences.includes(expected.audience) ? [] : [`audience ${quoted(expected.audience)}`]),
  ];
  return parts.length === 0 ? '' : `, the connection was converted with ${parts.join(', ')}`;
}

function allOf(claims: AssertionClaims): string {
  return `issuer ${quoted(claims.issuer)}, subject ${quoted(claims.subject)} and audience ${audienceOf(claims)}`;
}

function audienceOf({ audiences }: AssertionClaims): string {
  return audiences.length === 0
    ? '(none)'
    : audiences
        .slice(0, 3)
        .map((one) => quoted(one))
        .join(' ');
}

function shown(time: number | undefined): string {
  return time === undefined ? 'an unknown time' : new Date(time).toISOString();
}

function wellKnownOf(issuer: string | undefined): string {
  return quoted(`${(issuer ?? '').replace(/\/$/, '')}/.well-known/openid-configuration`);
}
