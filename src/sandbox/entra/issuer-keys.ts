import type { JsonWebKey } from 'node:crypto';
import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest } from '../service.ts';

/** Finds the keys of the issuers that federated credentials trust. */
export interface IssuerKeys {
  /** Undefined when the issuer cannot be reached. */
  find(issuer: string, request: SandboxRequest, context: SandboxContext): Promise<readonly JsonWebKey[] | undefined>;
}

/** Reads a JSON document; undefined when there is none. */
export type FetchJson = (url: string) => Promise<unknown>;

/**
 * Keys of the sandbox's own login service, of issuers placed with `placeObject('graph', 'issuer', { issuer, keys })`,
 * and, where a `fetchJson` was given, of issuers that publish them. Nothing is fetched otherwise.
 */
export function createIssuerKeys(fetchJson?: FetchJson): IssuerKeys {
  return {
    async find(issuer, request, context) {
      const own = [
        `${request.base}/${tenant.id}/v2.0`,
        `https://login.microsoftonline.com/${tenant.id}/v2.0`,
        `https://sts.windows.net/${tenant.id}/`,
      ];
      if (own.includes(issuer)) return [{ ...(await context.signer.publishedKey()) }];
      const placed = context.placed('issuer').findLast((one) => one['issuer'] === issuer);
      if (placed) return keysIn(placed);
      if (!fetchJson) return undefined;
      const configuration = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      const address = isRecord(configuration) ? configuration['jwks_uri'] : undefined;
      return typeof address === 'string' ? keysIn(await fetchJson(address)) : undefined;
    },
  };
}

function keysIn(document: unknown): readonly JsonWebKey[] {
  const keys = isRecord(document) ? document['keys'] : undefined;
  return Array.isArray(keys) ? keys.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
