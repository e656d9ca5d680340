import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { type Exchange, exchangeOf } from '../exchange.ts';
import type { TokenSource } from '../token-source.ts';
import type { UrlBuilder } from '../urls.ts';

export interface AuthOptions {
  readonly tokens: TokenSource;
  /** Resource of the API in this cloud. */
  readonly audience: string;
  /** Says which addresses may have the token. */
  readonly urls: Pick<UrlBuilder, 'isTrusted'>;
}

/** What proves who asks, tokens of other tenants included: https://learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant */
const credentialHeaders = ['authorization', 'x-ms-authorization-auxiliary', 'cookie'];

/** Gives every attempt a valid token, and only to hosts of the connection's cloud. */
export function authPolicy({ tokens, audience, urls }: AuthOptions): PipelinePolicy {
  return {
    name: 'auth',
    async sendRequest(request, next) {
      if (!urls.isTrusted(request.url)) {
        for (const name of credentialHeaders) {
          request.headers.delete(name);
        }
        return next(request);
      }
      const exchange = exchangeOf(request);
      const { api, connection, call, refusedToken: refused, claims } = exchange;
      const { caller, signal, patience } = call;
      const { token } = await tokens.getToken(
        withoutUndefined({ audience, caller, signal, patience, refused, claims }),
      );
      exchange.token = token;
      request.headers.set('authorization', api.authorization?.(token, connection) ?? `Bearer ${token}`);
      return next(request);
    },
  };
}

/**
 * Prepares the one replay after a 401: the refused token is not used again, and a claims challenge is answered.
 * False when there was no token to refuse, or the replay has been used.
 */
export function prepareReplay(exchange: Exchange): boolean {
  if (exchange.answer?.status !== 401 || exchange.token === undefined || exchange.refusedToken !== undefined) {
    return false;
  }
  exchange.refusedToken = exchange.token;
  exchange.claims = readClaims(exchange.answer.headers['www-authenticate']);
  return true;
}

/**
 * Claims challenge of a `WWW-Authenticate` header, decoded.
 * https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
function readClaims(header: string | undefined): string | undefined {
  const encoded = /\bclaims="([A-Za-z0-9+/_=-]{1,8192})"/.exec(header ?? '')?.[1];
  if (encoded === undefined || !/insufficient_claims/.test(header ?? '')) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text.startsWith('{') ? text : undefined;
}
