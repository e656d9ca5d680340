import { exchangeAudience } from '../../auth/federated-token.ts';
import { quoteClaim } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Cloud } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import type { ConvertConnection } from '../connection-service.ts';
import type { FederationTrust } from './federation-trust.ts';
import type { RequiredClaims } from './find-token.ts';
import { requireFederation } from './issuers.ts';

interface Difference {
  readonly field: keyof FederationTrust;
  readonly wanted: string;
  readonly token: string;
}

type Wanted = Pick<ConvertConnection, 'issuer' | 'subject' | 'audience'>;

/** Refuses values that no token can match, as far as the caller named them. Needs no token. */
export function checkWanted(wanted: Wanted, cloud: Cloud, call: CallContext): void {
  if (wanted.issuer !== undefined && wanted.subject !== undefined) {
    const trust = {
      issuer: wanted.issuer,
      subject: wanted.subject,
      audience: wanted.audience ?? exchangeAudience(cloud),
    };
    requireFederation(trust, call.note);
  }
}

/**
 * Whom the app is to trust: what the caller named, else what the token says. Refuses a token that differs from it, with
 * the differing values.
 */
export function readTrust(wanted: Wanted, claims: RequiredClaims, cloud: Cloud, call: CallContext): FederationTrust {
  const trust: FederationTrust = {
    issuer: wanted.issuer ?? claims.issuer,
    subject: wanted.subject ?? claims.subject,
    audience: wanted.audience ?? exchangeAudience(cloud),
  };
  const differences: Difference[] = [
    ...differing('issuer', trust.issuer, [claims.issuer]),
    ...differing('subject', trust.subject, [claims.subject]),
    ...differing('audience', trust.audience, claims.audiences),
  ];
  if (differences.length > 0) throw mismatch(differences);
  const taken = [
    ...(wanted.issuer === undefined ? [`issuer ${quoteClaim(trust.issuer)}`] : []),
    ...(wanted.subject === undefined ? [`subject ${quoteClaim(trust.subject)}`] : []),
  ];
  if (taken.length > 0) {
    call.note(`Taken from the federated token: ${taken.join(', ')}.`);
    // What a token says is what its issuer says: only what the directory would refuse is a mistake.
    requireFederation(trust, call.note, { formsAreSure: false });
  }
  return trust;
}

function differing(field: keyof FederationTrust, wanted: string, present: readonly string[]): Difference[] {
  return present.includes(wanted) ? [] : [{ field, wanted, token: present.slice(0, 3).join(' ') }];
}

function mismatch(differences: readonly Difference[]): AppError {
  const named = differences.map(
    ({ field, wanted, token }) =>
      `${field} ${quoteClaim(token)} instead of ${quoteClaim(wanted)}${nuanceOf(wanted, token)}`,
  );
  const isAudience = differences.every(({ field }) => field === 'audience');
  return new AppError('invalid_argument', `The federated token does not fit: it has ${named.join(', ')}.`, {
    hint: isAudience
      ? `Ask the issuer for a token with the audience ${quoteClaim(differences[0]?.wanted)}, or pass the audience of the token.`
      : 'Pass the values of the token, or a token of the workload that the values are for; Entra compares them letter by letter.',
    detail: { field: differences[0]?.field, differences },
  });
}

/** Differences that are easily overlooked. */
function nuanceOf(wanted: string, token: string): string {
  if (wanted.replace(/\/$/, '') === token.replace(/\/$/, '')) return ' (the slash at the end counts)';
  return wanted.toLowerCase() === token.toLowerCase() ? ' (upper and lower case count)' : '';
}
