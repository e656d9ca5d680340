import { AppError } from '../../errors.ts';
import type { CredentialFactory } from '../credential.ts';
import { readClaims } from '../token-claims.ts';

/** A token that does not say when it ends is asked for again after this long; the service has the last word anyway. */
const assumedLifeMs = 10 * 60_000;

/** `bearer`: a token that somebody else obtained. It is for one audience and cannot be renewed. */
export const bearer: CredentialFactory = async ({ record, clock, readSecret }) => ({
  async getToken(scopes) {
    const token = (await readSecret('token')).reveal();
    const claims = readClaims(token);
    const wanted = (typeof scopes === 'string' ? scopes : (scopes[0] ?? '')).replace(/\/\.default$/, '');
    if (claims?.audience !== undefined && !isFor(claims.audience, wanted)) {
      throw new AppError(
        'configuration',
        `The token of connection ${record.name} is for ${claims.audience}, not for ${wanted}.`,
        {
          hint: 'A bearer connection works with one service: supply a token for this one, or use another auth_type.',
        },
      );
    }
    if (claims?.expiresAt !== undefined && claims.expiresAt <= clock.now()) {
      throw new AppError('unauthenticated', `The token of connection ${record.name} has expired.`, {
        hint: 'Supply a new token with complete_connection.',
      });
    }
    const leftMs = claims?.expiresAt === undefined ? assumedLifeMs : claims.expiresAt - clock.now();
    // Like the other kinds, by the system's clock.
    return { token, expiresOnTimestamp: Date.now() + leftMs };
  },
});

/** Graph's tokens carry its address or its application id, with or without a slash at the end. */
function isFor(audience: string, wanted: string): boolean {
  const isGuid = /^[0-9a-f-]{36}$/i.test(audience);
  return isGuid || audience.replace(/\/$/, '') === wanted.replace(/\/$/, '');
}
