import { isAbsolute } from 'node:path';
import type { SecretReference } from '../../core/auth/secret-references.ts';
import type { Cloud } from '../../core/base/clouds.ts';
import { AppError } from '../../core/base/errors.ts';
import { isLoopbackHost } from '../../core/base/public-address.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { HttpSection } from './config-schema.ts';

/** Who may sign in to the HTTP server, and how (`http.sign_in`). */
export interface SignInRules {
  /** Its login host issues the tokens. */
  readonly cloud: Cloud;
  /** Ids of the tenants whose people and apps may come in; never empty. */
  readonly tenants: readonly string[];
  /** The app registration of this server. */
  readonly clientId: string;
  /** Audiences of its access tokens: the client id, `api://<client id>` and the Application ID URI. */
  readonly audiences: readonly string[];
  /** Beginning of scopes in challenges and metadata: the Application ID URI. */
  readonly applicationIdUri: string;
  /** What the pages of this server sign people in with; without it there are none. */
  readonly clientSecret?: SecretReference;
}

/** What one caller, and all together, may hold open (`http.limits`). */
export interface HttpLimits {
  /** Largest request body. */
  readonly mostBodyBytes: number;
  /** Open sockets of all clients. */
  readonly mostSockets: number;
  /** Sessions of one caller; the one idle longest makes room for another. */
  readonly mostSessionsPerCaller: number;
  /** Requests of one caller that are served at the same time; beyond it: 429. As many event streams come on top. */
  readonly mostRequestsPerCaller: number;
}

export const defaultHttpLimits: HttpLimits = {
  mostBodyBytes: 4 * 1024 * 1024,
  mostSockets: 2_000,
  mostSessionsPerCaller: 32,
  mostRequestsPerCaller: 64,
};

/** The HTTP server (`http`). */
export interface HttpRules {
  /** Address to listen on. Default 127.0.0.1; another one needs `signIn`. */
  readonly host?: string;
  readonly port?: number;
  /** How clients reach the server: an origin, and a path where a proxy has put it below one. Without a trailing slash. */
  readonly publicUrl?: string;
  /** PEM files. Absent: plain HTTP, on loopback or behind a proxy that has the certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Origins of web pages that may call, besides the own one and, without sign-in, those of this machine. */
  readonly allowedOrigins: readonly string[];
  readonly signIn?: SignInRules;
  readonly limits: HttpLimits;
  /**
   * How long the server goes on serving after it was asked to end and `/readyz` has said so: the time in which a balancer
   * notices. Default 5 s where people sign in, otherwise none.
   */
  readonly drainMs: number;
}

/** What `tenantry.yaml` says about the HTTP server. Throws `configuration` on what does not go together. */
export function buildHttp(section: HttpSection, clouds: ReadonlyMap<string, Cloud>): HttpRules {
  const { host, port, public_url: publicUrl, tls, allowed_origins: allowedOrigins, sign_in: signIn, limits } = section;
  if (tls !== undefined && !(isAbsolute(tls.certificate) && isAbsolute(tls.key))) {
    throw broken('http.tls names a file without its whole path', 'Use absolute paths.');
  }
  if (signIn !== undefined && publicUrl === undefined) {
    throw broken('http.sign_in needs http.public_url', 'Name the address under which clients reach this server.');
  }
  if (publicUrl !== undefined && /\/mcp\/*$/.test(publicUrl)) {
    throw broken('http.public_url ends in /mcp, which clients add', 'Name the address without /mcp.');
  }
  if (signIn === undefined && host !== undefined && !isLoopbackHost(host)) {
    throw broken(
      'http.host is not on this machine, and nobody signs in',
      'Configure http.sign_in, or listen on 127.0.0.1.',
    );
  }
  const drainSeconds = section.drain_seconds ?? (signIn === undefined ? 0 : 5);
  const rules = { host, port, publicUrl: publicUrl?.replace(/\/+$/, ''), tls };
  return {
    ...withoutUndefined(rules),
    allowedOrigins,
    ...withoutUndefined({ signIn: signIn && buildSignIn(signIn, clouds) }),
    limits: {
      mostBodyBytes: limits.max_body_bytes,
      mostSockets: limits.max_sockets,
      mostSessionsPerCaller: limits.max_sessions_per_caller,
      mostRequestsPerCaller: limits.max_requests_per_caller,
    },
    drainMs: drainSeconds * 1_000,
  };
}

function buildSignIn(section: NonNullable<HttpSection['sign_in']>, clouds: ReadonlyMap<string, Cloud>): SignInRules {
  const { client_id: clientId, client_secret: clientSecret } = section;
  const cloud = clouds.get(section.cloud);
  if (cloud === undefined) {
    throw broken(`http.sign_in: there is no cloud ${section.cloud}`, `Valid clouds: ${[...clouds.keys()].join(', ')}.`);
  }
  const applicationIdUri = section.application_id_uri ?? `api://${clientId}`;
  return {
    cloud,
    tenants: section.tenants,
    clientId,
    audiences: [...new Set([clientId, `api://${clientId}`, applicationIdUri])],
    applicationIdUri,
    ...withoutUndefined({ clientSecret }),
  };
}

function broken(problem: string, hint: string): AppError {
  return new AppError('configuration', `The configuration is broken: ${problem}.`, { hint });
}
