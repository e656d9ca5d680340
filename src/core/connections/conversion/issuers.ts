import { isLoopbackHttp } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { isPlainLine } from '../../base/plain-text.ts';
import type { FederationError, FederationFindings, FederationTrust, IssuerCheck } from './federation-trust.ts';
import { checkAzurePipelines } from './issuers/azure-pipelines.ts';
import { checkGitHub } from './issuers/github.ts';
import { checkKubernetes } from './issuers/kubernetes.ts';

/** What Microsoft Graph stores at most: https://learn.microsoft.com/graph/api/resources/federatedidentitycredential */
const longestText = 600;

const platforms: readonly IssuerCheck[] = [checkGitHub, checkAzurePipelines, checkKubernetes];

/** Certain and possible mistakes in a trust, by the rules of known platforms and of any issuer. Sends nothing. */
export function checkFederation(trust: FederationTrust): FederationFindings {
  const errors = checkAny(trust);
  if (errors.length > 0) return { errors, notes: [] };
  const findings = platforms.map((check) => check(trust)).find((found) => found !== undefined);
  return findings ?? { errors: [], notes: [] };
}

/**
 * Throws `invalid_argument` for the first certain mistake, with all of them in `detail`; passes possible ones to
 * `note`. Rules of platforms are not certain when the values come from a token.
 */
export function requireFederation(
  trust: FederationTrust,
  note: (text: string) => void,
  { formsAreSure = true }: { readonly formsAreSure?: boolean } = {},
): void {
  const findings = checkFederation(trust);
  const { errors, notes } = formsAreSure || !isWellFormed(trust) ? findings : asNotes(findings);
  const [first] = errors;
  if (first !== undefined) {
    throw new AppError('invalid_argument', first.message, {
      hint: first.hint,
      detail: { field: first.field, ...(errors.length > 1 ? { errors } : {}) },
    });
  }
  for (const text of notes) {
    note(text);
  }
}

/** What holds for every issuer. */
function checkAny(trust: FederationTrust): FederationError[] {
  const errors = (['issuer', 'subject', 'audience'] as const).flatMap((field) => checkText(field, trust[field]));
  return errors.some(({ field }) => field === 'issuer') ? errors : [...errors, ...checkIssuer(trust.issuer)];
}

function isWellFormed(trust: FederationTrust): boolean {
  return checkAny(trust).length === 0;
}

function asNotes({ errors, notes }: FederationFindings): FederationFindings {
  return { errors: [], notes: [...errors.map(({ message }) => message), ...notes] };
}

function checkText(field: keyof FederationTrust, text: string): FederationError[] {
  const fail = (message: string, hint: string): FederationError[] => [{ field, message, hint }];
  if (text.trim() === '') return fail(`${field} is missing.`, `Pass the ${claimOf[field]} claim of the token.`);
  if (text !== text.trim()) {
    return fail(
      `${field} begins or ends with white space.`,
      `Leave it out: Entra compares ${field} with the ${claimOf[field]} claim letter by letter.`,
    );
  }
  if (text.length > longestText || !isPlainLine(text)) {
    return fail(
      `${field} has control or invisible characters or more than ${longestText} characters.`,
      `Pass the ${claimOf[field]} claim of the token.`,
    );
  }
  if (text.includes('*')) {
    return fail(
      `${field} has a wildcard, which federated credentials do not know.`,
      `Write out the ${claimOf[field]} claim; for several of them add one credential each (an app holds 20).`,
    );
  }
  return [];
}

const claimOf: Readonly<Record<keyof FederationTrust, string>> = { issuer: 'iss', subject: 'sub', audience: 'aud' };

function checkIssuer(issuer: string): FederationError[] {
  const fail = (message: string, hint: string): FederationError[] => [{ field: 'issuer', message, hint }];
  const url = URL.parse(issuer);
  if (url === null || !/^https?:\/\//.test(issuer)) {
    return fail('issuer is not an address.', `Use the iss claim of the token, such as https://${bareHost(issuer)}.`);
  }
  if (url.protocol === 'http:' && !isLoopbackHttp(issuer)) {
    return fail(
      'issuer is an http address; Entra fetches the keys of an issuer over https only.',
      `Use https://${issuer.slice('http://'.length)}, if that is the iss claim of the token.`,
    );
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '' || /[?#]/.test(issuer)) {
    return fail(
      'issuer has a user name, a query or a fragment.',
      'Use the iss claim of the token: scheme, host and path alone.',
    );
  }
  if (issuer.endsWith('/.well-known/openid-configuration')) {
    return fail(
      'issuer is the address of its discovery document.',
      `Use ${issuer.slice(0, -'/.well-known/openid-configuration'.length)}, with the slash at its end that the iss claim has.`,
    );
  }
  return [];
}

function bareHost(issuer: string): string {
  return /^[a-z0-9-]+\.[a-z0-9.-]+(\/[\w./-]*)?$/i.test(issuer) ? issuer : 'token.actions.githubusercontent.com';
}
