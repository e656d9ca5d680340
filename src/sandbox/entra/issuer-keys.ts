import type { JsonWebKey } from 'node:crypto';
import { isRecord } from '../../core/base/guards.ts';
import type { SandboxContext, SandboxRequest } from '../base/service.ts';
import { invalidRequest, type OAuthError } from './oauth-error.ts';

/** Finds the keys of the issuers that federated credentials trust. */
export interface IssuerKeys {
  /** Throws `OAuthError` 50166 if the issuer does not publish them. */
  find(issuer: string, request: SandboxRequest, context: SandboxContext): Promise<readonly JsonWebKey[]>;
}

/** Reads a JSON document; throws an `Error` with the reason on failure. */
export type FetchJson = (url: string) => Promise<unknown>;

/** Keys of issuers that another part of the sandbox signs for; undefined for other issuers. */
export type KeySource = (
  issuer: string,
  request: SandboxRequest,
) => Promise<readonly JsonWebKey[] | undefined> | readonly JsonWebKey[] | undefined;

interface IssuerKeysOptions {
  readonly fetchJson?: FetchJson;
  /** Queried in order before a document is fetched. */
  readonly sources?: readonly KeySource[];
}

/**
 * Keys of the sandbox's login service, of other parts of the sandbox, of issuers placed with `placeObject('graph',
 * 'issuer', { issuer, keys })`, and of issuers with a discovery document. Keys are read for every token, so key
 * rotation takes effect at once.
 */
export function createIssuerKeys({ fetchJson, sources = [] }: IssuerKeysOptions): IssuerKeys {
  return {
    async find(issuer, request, context) {
      // One service signs for all of its tenants.
      const own = context.tenants.flatMap(({ id }) => [
        `${request.base}/${id}/v2.0`,
        `https://login.microsoftonline.com/${id}/v2.0`,
        `https://sts.windows.net/${id}/`,
      ]);
      if (own.includes(issuer)) return [{ ...(await context.signer.publishedKey()) }];
      const placed = context.placed('issuer').findLast((one) => one['issuer'] === issuer);
      if (placed) return keysIn(placed) ?? [];
      for (const source of sources) {
        const keys = await source(issuer, request);
        if (keys) return keys;
      }
      if (!fetchJson) throw unreachable(issuer, 'the sandbox reads nothing from a network');
      return discover(issuer, fetchJson);
    },
  };
}

/** Source: "OpenID Connect Discovery 1.0", sections 4.1 to 4.3. */
async function discover(issuer: string, fetchJson: FetchJson): Promise<readonly JsonWebKey[]> {
  const read = async (url: string, what: string) => {
    try {
      return await fetchJson(url);
    } catch (failure) {
      throw unreachable(issuer, `${what}: ${failure instanceof Error ? failure.message : 'no answer'}`);
    }
  };
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const configuration = await read(address, 'openid-configuration');
  if (!isRecord(configuration)) throw unreachable(issuer, 'openid-configuration: not an object');
  if (configuration['issuer'] !== issuer) {
    throw unreachable(issuer, `openid-configuration: it is of the issuer '${String(configuration['issuer'])}'`);
  }
  const keysAddress = configuration['jwks_uri'];
  if (typeof keysAddress !== 'string') throw unreachable(issuer, 'openid-configuration: jwks_uri is missing');
  const keys = keysIn(await read(keysAddress, 'jwks_uri'));
  if (!keys) throw unreachable(issuer, 'jwks_uri: it has no keys');
  return keys;
}

/** The code is Entra's. Entra does not give the reason; the sandbox does. */
function unreachable(issuer: string, reason: string): OAuthError {
  const message = `Request to External OIDC endpoint failed. Issuer: '${issuer}'. Reason: ${reason}.`;
  return invalidRequest(50166, message);
}

function keysIn(document: unknown): readonly JsonWebKey[] | undefined {
  const keys = isRecord(document) ? document['keys'] : undefined;
  return Array.isArray(keys) ? keys.filter(isRecord) : undefined;
}
