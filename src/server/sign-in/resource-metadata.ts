import { issuerOf } from '../../core/auth/issuers.ts';
import { rights } from '../../core/base/caller.ts';
import type { SignInRules } from '../../runtime/config/http-rules.ts';
import type { HttpRoute } from '../http/router.ts';
import { scopesOf } from './challenges.ts';

const wellKnown = '/.well-known/oauth-protected-resource';

/** Where clients find the metadata: below the public address, so that it is reached wherever `/mcp` is. */
export function metadataUrlOf(publicUrl: string): string {
  return `${publicUrl}${wellKnown}/mcp`;
}

export interface MetadataOptions {
  readonly rules: SignInRules;
  readonly publicUrl: string;
}

/** What RFC 9728 says about a resource. Without `offline_access`: that is between a client and the login host. */
function resourceMetadata({ rules, publicUrl }: MetadataOptions) {
  return {
    resource: `${publicUrl}/mcp`,
    authorization_servers: rules.tenants.map((tenant) => issuerOf(rules.cloud, tenant)),
    scopes_supported: scopesOf(rules.applicationIdUri, rights),
    bearer_methods_supported: ['header'],
    resource_name: 'Tenantry',
  };
}

/** Serves the metadata to everybody, pages of any origin included: it is public, and says where to sign in. */
export function metadataRoute(options: MetadataOptions): HttpRoute {
  const body = JSON.stringify(resourceMetadata(options));
  // A public address below a path has its well-known address at the root of the host, where the proxy leads here.
  const below = new URL(options.publicUrl).pathname.replace(/\/$/, '');
  const paths = new Set([wellKnown, `${wellKnown}/mcp`, `${wellKnown}${below}/mcp`]);
  return {
    matches: (path) => paths.has(path),
    async handle({ method }, response) {
      response.setHeader('access-control-allow-origin', '*');
      if (method === 'OPTIONS') {
        response.writeHead(204, { 'access-control-allow-methods': 'GET', 'access-control-allow-headers': '*' }).end();
      } else if (method === 'GET' || method === 'HEAD') {
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600' });
        response.end(method === 'HEAD' ? undefined : body);
      } else {
        response.writeHead(405, { allow: 'GET, HEAD, OPTIONS' }).end();
      }
    },
  };
}
