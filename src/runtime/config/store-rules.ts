import { isAbsolute } from 'node:path';
import { AppError } from '../../core/base/errors.ts';
import { isLoopbackHost } from '../../core/base/public-address.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { StoreRules } from './config.ts';
import type { StoreSection } from './config-schema.ts';

/** What `store` has where only `TENANTRY_DATABASE_URL` says that there is one. */
const plainSection: StoreSection = { tls: true, schema: 'tenantry', max_connections: 8 };

/**
 * Where connections are kept; undefined where neither the file nor the variable names a database. The variable wins over
 * `store.url`, and may have a password.
 */
export function buildStore(section: StoreSection | undefined, variable: string | undefined): StoreRules | undefined {
  if (section === undefined && variable === undefined) return undefined;
  const { url: written, ca, tls, schema, max_connections: mostConnections, ...sources } = section ?? plainSection;
  const place = variable === undefined ? 'store.url' : 'TENANTRY_DATABASE_URL';
  const url = addressOf(variable ?? written, place, tls);
  if (variable === undefined && url.password !== '') {
    throw broken('store.url has a password', 'Take it out, and name where it stands: password: { env: NAME }.');
  }
  if (ca !== undefined && !isAbsolute(ca)) throw broken('store.ca is not a whole path', 'Use the absolute path.');
  const { password, master_key: masterKey, previous_master_key: previousMasterKey } = sources;
  if (previousMasterKey !== undefined && masterKey === undefined) {
    throw broken('store.previous_master_key stands without store.master_key', 'Name the new key in store.master_key.');
  }
  return {
    url: url.href,
    tls,
    schema,
    mostConnections,
    ...withoutUndefined({ ca, password, masterKey, previousMasterKey }),
  };
}

/** Modes of libpq that are no weaker than what is done anyway: TLS, with the certificate checked. */
const strictModes = new Set(['require', 'verify-ca', 'verify-full']);

/** Never quotes the address: it may hold a password. */
function addressOf(text: string | undefined, place: string, tls: boolean): URL {
  const url = URL.parse(text ?? '');
  const isPostgres = url !== null && /^postgres(?:ql)?:$/.test(url.protocol) && url.hostname !== '';
  if (!isPostgres || !/^\/[^/]+$/.test(url.pathname)) {
    throw broken(`${place} is no address of a PostgreSQL database`, 'Use postgres://user@host:5432/database.');
  }
  const mode = url.searchParams.get('sslmode');
  url.searchParams.delete('sslmode');
  if ([...url.searchParams].length > 0 || (mode !== null && tls && !strictModes.has(mode))) {
    throw broken(
      `${place} has options behind ? that are not used`,
      'Leave them out: TLS with a checked certificate is always used, and store.ca names the authority.',
    );
  }
  if (!tls && !isLoopbackHost(url.hostname)) {
    throw broken(
      'store.tls is false for a server on another machine',
      'Switch TLS on in the server, and leave it out.',
    );
  }
  return url;
}

function broken(problem: string, hint: string): AppError {
  return new AppError('configuration', `${problem}.`, { hint });
}
