import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { issuerOf } from '../../core/auth/issuers.ts';
import type { LoginDocuments } from '../../core/auth/login-documents.ts';
import type { Caller } from '../../core/base/caller.ts';
import type { Clock } from '../../core/base/clock.ts';
import { AppError } from '../../core/base/errors.ts';
import type { KnownSecrets } from '../../core/secrets/secret.ts';
import type { Logger } from '../../core/telemetry/logger.ts';
import type { SignInRules } from '../../runtime/config/http-rules.ts';
import type { ToolDefinition } from '../../tools/define-tool.ts';
import type { Admission, Gate } from '../http/gate.ts';
import { rightsOfMessage, scopeNames } from '../required-rights.ts';
import { type SignedIn, signedInBy } from './caller-of-token.ts';
import { createChallenges } from './challenges.ts';
import { metadataUrlOf } from './resource-metadata.ts';
import { createSigningKeys } from './signing-keys.ts';
import { refusedToken, type VerifierOptions, verifyToken } from './verify-token.ts';

export interface SignInGateOptions {
  readonly rules: SignInRules;
  /** How clients reach the server, without `/mcp`. */
  readonly publicUrl: string;
  /** What can be called; the rights for a call follow from it. */
  readonly tools: readonly ToolDefinition[];
  readonly documents: LoginDocuments;
  readonly clock: Clock;
  readonly logger: Logger;
  /** No answer shows a token that was sent. */
  readonly secrets: KnownSecrets;
}

/** Node takes 16 kB of headers; a token of Entra with 200 groups has less than 12. */
const longestToken = 16_000;
const mostVerified = 5_000;
/** Even a token that lives for a day is verified again by then. */
const verifiedMs = 60 * 60_000;
const mostWarned = 1_000;

interface Verified extends SignedIn {
  readonly until: number;
}

/**
 * Lets in who has signed in with Entra: the tokens of the registered app, for people and apps of the configured tenants.
 * What was verified is remembered by its hash until it expires, so that the next call costs a hash.
 */
export function signInGate(options: SignInGateOptions): Gate {
  const { rules, tools, clock, logger } = options;
  const verifier = verifierOf(options);
  const metadataUrl = metadataUrlOf(options.publicUrl);
  const challenges = createChallenges({ metadataUrl, applicationIdUri: rules.applicationIdUri });
  const verified = new LRUCache<string, Verified>({ max: mostVerified });
  // What a right that is missing calls for depends on how its caller has signed in.
  const signedIn = new WeakMap<Caller, SignedIn>();
  const warnOnce = groupWarnings(logger);
  const byName = new Map(tools.map((tool) => [tool.name, tool]));

  const find = async (token: string): Promise<Verified> => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = verified.get(key);
    if (known !== undefined && clock.now() < known.until) return known;
    const claims = await verifyToken(token, verifier);
    const found = signedInBy(token, claims);
    options.secrets.add(token, 'signed_in', found.caller.id);
    if (found.hasTooManyGroups) warnOnce(found.caller);
    const until = Math.min(found.caller.expiresAt ?? 0, clock.now() + verifiedMs);
    const entry = { ...found, until };
    verified.set(key, entry);
    signedIn.set(found.caller, found);
    return entry;
  };

  return {
    async admit(request): Promise<Admission> {
      const sent = tokenIn(request);
      if (sent.kind === 'several') return { refusal: challenges.malformed('There are several Authorization headers.') };
      if (sent.token === undefined) return { refusal: challenges.signIn() };
      try {
        if (sent.token.length > longestToken) throw refusedToken('The token is too long.');
        return { caller: (await find(sent.token)).caller };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        logger.info('somebody was not let in', { reason: error.message, hint: error.hint });
        const isRefused = error.code === 'unauthenticated';
        return { refusal: isRefused ? challenges.refused(error) : challenges.unavailable(error) };
      }
    },
    challenge: challenges.claims,
    refuse(message, caller) {
      const needed = rightsOfMessage(message, (name) => byName.get(name));
      if (needed.every((right) => caller.rights.has(right))) return undefined;
      logger.info('a caller may not do this', { caller: caller.id, needed: needed.map((right) => scopeNames[right]) });
      const { kind = 'person', roleRights } = signedIn.get(caller) ?? {};
      return challenges.tooMuch(needed, { caller, kind, ...(roleRights && { roleRights }) });
    },
  };
}

function verifierOf({ rules, documents, clock, logger }: SignInGateOptions): VerifierOptions {
  const onFailure = (error: unknown) => logger.warn('the keys of the login host cannot be read', { error });
  const issuers = rules.tenants.map((tenant) => {
    const issuer = issuerOf(rules.cloud, tenant);
    const keys = createSigningKeys(issuer, { documents, clock, onFailure });
    return [issuer, { tenant: tenant.toLowerCase(), keys }] as const;
  });
  return { issuers: new Map(issuers), audiences: rules.audiences, clock };
}

type Sent =
  | { readonly kind: 'none' | 'several'; readonly token?: undefined }
  | { readonly kind: 'one'; readonly token: string };

/** A token stands in the header and nowhere else: addresses are logged, cookies are sent by foreign pages too. */
function tokenIn({ headersDistinct }: IncomingMessage): Sent {
  const [header, ...others] = headersDistinct['authorization'] ?? [];
  if (header === undefined) return { kind: 'none' };
  if (others.length > 0) return { kind: 'several' };
  const [, token] = /^bearer(?: +(.*))?$/i.exec(header) ?? [];
  return token === undefined || token === '' ? { kind: 'none' } : { kind: 'one', token };
}

/** Entra names no groups in a token where there are more than 200 of them, and nobody else would notice. */
function groupWarnings(logger: Logger): (caller: Caller) => void {
  const warned = new LRUCache<string, true>({ max: mostWarned });
  return ({ id }) => {
    if (warned.has(id)) return;
    warned.set(id, true);
    logger.warn('a token names no groups, since there are too many: nothing is shared with this caller by group', {
      caller: id,
      hint: 'Assign the groups to the enterprise application, and set groupMembershipClaims to ApplicationGroup.',
    });
  };
}
