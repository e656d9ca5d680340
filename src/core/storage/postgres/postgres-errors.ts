import { AppError } from '../../base/errors.ts';

/** What the store was doing when it failed; completes "while". */
export type PostgresStep = 'connecting' | 'migrating' | 'reading' | 'writing';

/**
 * A failure of PostgreSQL as callers see it: its own words stay in `cause`, since they may quote values.
 * Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function postgresError(error: unknown, step: PostgresStep): unknown {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const known = explanations.find(({ codes }) => codes.test(code));
  if (known !== undefined) return known.make(step, code, error);
  if (error instanceof Error && /does not support SSL/i.test(error.message)) return withoutTls(error);
  if (isBroken(error)) return away(step, error);
  if (code === '') return error;
  return new AppError('configuration', `The database of Tenantry refused a statement while ${step} (${code}).`, {
    hint: 'Look for the code in the log of the database. If the tables were changed by hand, restore them from a backup.',
    cause: error,
  });
}

/** Whether the connection is gone, so that another one may do. What the statement did is not known then. */
export function isBroken(error: unknown): boolean {
  return brokenCodes.test(codeOf(error)) || (error instanceof Error && brokenWords.test(error.message));
}

/** The answer where PostgreSQL is not there, or does not answer in time. */
export function away(step: PostgresStep, cause?: unknown): AppError {
  return new AppError('upstream_unavailable', `The database of Tenantry does not answer (while ${step}).`, {
    hint: 'Call again in some seconds. If it stays so, the person who runs Tenantry has to look at PostgreSQL.',
    retryable: true,
    cause,
  });
}

/** The answer while another process has the lock for making or changing the tables. */
export function beingMigrated(cause?: unknown): AppError {
  return new AppError(
    'upstream_unavailable',
    'Another process makes or updates the tables of Tenantry in the database.',
    {
      hint: 'Call again in some seconds. If it stays so, the person who runs Tenantry has to look whether another node or tenantry store migrate hangs.',
      retryable: true,
      cause,
    },
  );
}

/** Whether a table, or the schema that it would be in, is not there. */
export function isMissingTable(error: unknown): boolean {
  return /^(?:42P01|3F000)$/.test(codeOf(error));
}

function withoutTls(cause: unknown): AppError {
  return new AppError('configuration', 'PostgreSQL offers no TLS, and Tenantry sends nothing without it.', {
    hint: 'Switch ssl on in the server. Only a server on this machine may be used without, with store.tls: false.',
    cause,
  });
}

/** SQLSTATE, or the code of a failed system call; empty where there is none. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Class 08, ended by an operator (57P01 to 57P03), and what sockets say. */
const brokenCodes =
  /^(?:08...|57P0[1-3]|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/;
/** The client library has no codes for these. */
const brokenWords =
  /connection terminated|connection ended|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error/i;

interface Explanation {
  readonly codes: RegExp;
  make(step: PostgresStep, code: string, cause: unknown): AppError;
}

const explanations: readonly Explanation[] = [
  {
    codes: /^(?:.*CERT.*|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/,
    make: (_, code, cause) =>
      new AppError('configuration', `The certificate of PostgreSQL is not trusted (${code}).`, {
        hint: 'Name the PEM file of the authority that signed it in store.ca, and the host as the certificate has it in store.url.',
        cause,
      }),
  },
  {
    codes: /^(?:28P01|28000)$/,
    make: (_, code, cause) =>
      new AppError('configuration', `PostgreSQL refused the sign-in of Tenantry (${code}).`, {
        hint: 'Check user and password of store.url. With Entra, check that the role exists in the database and belongs to this identity.',
        cause,
      }),
  },
  {
    codes: /^3D000$/,
    make: (_, code, cause) =>
      new AppError('configuration', `The database that store.url names does not exist (${code}).`, {
        hint: 'Create it, or correct the name behind the last slash of store.url.',
        cause,
      }),
  },
  {
    codes: /^42501$/,
    make: (step, code, cause) =>
      new AppError('configuration', `The role of Tenantry may not do this in the database (while ${step}, ${code}).`, {
        hint: 'Let the role own the schema, or run tenantry store migrate once as a role that does.',
        cause,
      }),
  },
  {
    // A server that takes no writes: a standby, during a failover, or by its own setting.
    codes: /^25006$/,
    make: (step, code, cause) =>
      new AppError('upstream_unavailable', `The database of Tenantry is read-only now (while ${step}, ${code}).`, {
        hint: 'Nothing was changed. During a failover this ends by itself: call again in a minute.',
        retryable: true,
        cause,
      }),
  },
  {
    codes: /^(?:53300|53400)$/,
    make: (_, code, cause) =>
      new AppError('upstream_unavailable', `The database of Tenantry takes no more connections (${code}).`, {
        hint: 'Call again in some seconds. The person who runs Tenantry can raise max_connections or lower store.max_connections.',
        retryable: true,
        cause,
      }),
  },
  {
    codes: /^53[12]00$/,
    make: (_, code, cause) =>
      new AppError('upstream_unavailable', `The database of Tenantry has no room or no memory left (${code}).`, {
        hint: 'Nothing was changed. The person who runs Tenantry has to look at the disk of PostgreSQL.',
        cause,
      }),
  },
  // A statement or a lock that took too long.
  {
    codes: /^(?:57014|55P03)$/,
    make: (step, code, cause) => (step === 'migrating' && code === '55P03' ? beingMigrated(cause) : away(step, cause)),
  },
  {
    codes: /^40(?:001|P01)$/,
    make: (_, code, cause) =>
      new AppError('conflict', `Another change was made at the same time (${code}).`, {
        hint: 'Nothing was changed. Call again.',
        retryable: true,
        cause,
      }),
  },
];
