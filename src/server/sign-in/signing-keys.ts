import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose';
import type { LoginDocuments } from '../../core/auth/login-documents.ts';
import type { Clock } from '../../core/base/clock.ts';
import { AppError } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';

export interface SigningKeysOptions {
  readonly documents: LoginDocuments;
  readonly clock: Clock;
  /** Told why keys could not be had, at most once per attempt. */
  readonly onFailure: (error: unknown) => void;
}

/** The published keys of one issuer. */
export interface SigningKeys {
  /** Finds the key that a token names. Throws `upstream_unavailable` where it cannot be known. */
  readonly find: JWTVerifyGetKey;
}

const minuteMs = 60_000;
/** Between two attempts while there is no key at all. */
const coldPauseMs = 5_000;
/** From this age on the keys are looked at again, behind the calls that use them. */
const freshMs = 60 * minuteMs;
/** From this age on a call waits for new ones: a key that was withdrawn should not let anybody in. */
const oldMs = 24 * 60 * minuteMs;

interface KeySet {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly readAt: number;
}

/**
 * Keeps the keys of an issuer. A token that names an unknown key makes it look again, at most once a minute, so that
 * nobody drives requests to the login host with made-up names; while that host is away, the keys at hand go on.
 */
export function createSigningKeys(issuer: string, { documents, clock, onFailure }: SigningKeysOptions): SigningKeys {
  let keys: KeySet | undefined;
  let reading: Promise<void> | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;

  /** Never fails; one look is under way at a time, and the next begins after the pause. */
  const look = (pauseMs: number): Promise<void> => {
    if (reading !== undefined || clock.now() - triedAt < pauseMs) return reading ?? Promise.resolve();
    triedAt = clock.now();
    reading = readKeys(issuer, documents)
      .then(
        (found) => {
          keys = { find: found, readAt: clock.now() };
          hasFailed = false;
        },
        (error: unknown) => {
          hasFailed = true;
          onFailure(error);
        },
      )
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  return {
    async find(header, token) {
      const ageMs = keys === undefined ? Number.POSITIVE_INFINITY : clock.now() - keys.readAt;
      if (ageMs > oldMs) {
        await look(keys === undefined ? coldPauseMs : minuteMs);
      } else if (ageMs > freshMs) {
        void look(minuteMs);
      }
      if (keys === undefined) throw unknowable();
      try {
        return await keys.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await look(minuteMs);
        // Who could not look cannot say that there is no such key.
        if (hasFailed) throw unknowable();
        return keys.find(header, token);
      }
    },
  };
}

function unknowable(): AppError {
  return new AppError('upstream_unavailable', 'The keys of the login host cannot be had, so nobody can be let in.', {
    hint: 'Try again in a minute.',
    retryable: true,
    retryAfterMs: minuteMs,
  });
}

/** By the metadata of the issuer, which names the address of its keys: on its own host, or nowhere. */
async function readKeys(issuer: string, documents: LoginDocuments): Promise<KeySet['find']> {
  const metadata = await documents.read(`${issuer}/.well-known/openid-configuration`);
  if (metadata['issuer'] !== issuer) throw untrue(`The login host says that it is another issuer than ${issuer}.`);
  const address = metadata['jwks_uri'];
  if (typeof address !== 'string' || URL.parse(address)?.origin !== new URL(issuer).origin) {
    throw untrue('The login host names keys that are on no address of its own.');
  }
  const { keys } = await documents.read(address);
  const own = Array.isArray(keys) ? keys.filter((key): key is JWK => isRecord(key) && isOf(key, issuer)) : [];
  if (own.length === 0) throw untrue('The login host publishes no key.');
  return createLocalJWKSet({ keys: own });
}

/**
 * Entra says of each key whose tokens it signs, with a place for the tenant where it is several:
 * https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer
 */
function isOf({ issuer: named }: Readonly<Record<string, unknown>>, issuer: string): boolean {
  const tenant = new URL(issuer).pathname.split('/')[1] ?? '';
  return named === undefined || (typeof named === 'string' && named.replace('{tenantid}', tenant) === issuer);
}

function untrue(message: string): AppError {
  return new AppError('upstream_error', message, { hint: 'Check the login address of the cloud in tenantry.yaml.' });
}
