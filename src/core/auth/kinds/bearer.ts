import { type Cloud, tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { CredentialFactory } from '../credential.ts';
import { isPersonalAccessToken } from '../personal-access-token.ts';
import { readClaims } from '../token-claims.ts';

/** A token that does not say when it ends is asked for again after this long; the service has the last word anyway. */
const assumedLifeMs = 10 * 60_000;

/** `bearer`: a token that somebody else obtained. It is for one audience and cannot be renewed. */
export const bearer: CredentialFactory = async ({ record, cloud, clock, readSecret }) => ({
  async getToken(scopes) {
    const token = (await readSecret('token')).reveal();
    const claims = readClaims(token);
    const wanted = (typeof scopes === 'string' ? scopes : (scopes[0] ?? '')).replace(/\/\.default$/, '');
    if (claims === undefined) checkPersonalAccessToken(token, wanted, record, cloud);
    if (claims?.audience !== undefined && !isFor(claims.audience, wanted, cloud)) {
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

/** A personal access token does not say what it is for, so it is kept from every other service here. */
function checkPersonalAccessToken(token: string, wanted: string, record: ConnectionRecord, cloud: Cloud): void {
  if (wanted !== tokenAudience(cloud, 'devops') && isPersonalAccessToken(token, record)) {
    throw new AppError(
      'configuration',
      `The connection ${record.name} has a personal access token of Azure DevOps, which is not sent to ${wanted}.`,
      { hint: 'Use it for Azure DevOps alone, with the scope devops; for other services use another connection.' },
    );
  }
}

/** Graph's tokens carry its address or its application id, with or without a slash at the end; those of DevOps its id. */
function isFor(audience: string, wanted: string, cloud: Cloud): boolean {
  const isGuid = /^[0-9a-f-]{36}$/i.test(audience);
  const devops = tokenAudience(cloud, 'devops');
  const isOfDevOps = audience === devops || wanted === devops;
  return (isGuid && !isOfDevOps) || audience.replace(/\/$/, '') === wanted.replace(/\/$/, '');
}
