import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../core/base/clock.ts';
import { isoNow } from '../core/base/clock.ts';
import { type Cloud, dataPlaneAudience } from '../core/base/clouds.ts';
import type { Environment } from '../core/base/environment.ts';
import { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import type { DatabaseSignIn } from './config/config.ts';

export interface DatabaseTokenOptions {
  readonly signIn: DatabaseSignIn;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Default: the transport of the process, through its proxy. */
  readonly httpClient?: HttpClient;
  /** Hides the token from answers and log. */
  readonly hide: (token: string) => void;
}

/** A token of Entra as the password of a database: kept, renewed before it ends, asked for once by many connections. */
export async function createDatabaseToken(options: DatabaseTokenOptions): Promise<() => Promise<string>> {
  const { signIn, clouds, environment, clock, hide } = options;
  const { createTokenSource } = await import('../core/auth/create-token-source.ts');
  const { createTokenCache } = await import('../core/auth/token-cache.ts');
  const cloud = clouds.get(signIn.cloud);
  if (cloud === undefined) {
    throw new AppError('configuration', 'store.password.entra.cloud names no cloud.', {
      hint: `Use one of ${[...clouds.keys()].join(', ')}.`,
    });
  }
  const tokens = createTokenSource({
    record: recordOf(signIn, environment, clock),
    cloud,
    readSecret: async () => {
      throw new Error('Nothing is stored for this sign-in.');
    },
    httpClient: async () => options.httpClient ?? (await ownTransport(environment)),
    cache: createTokenCache({ clock }),
    clock,
    environment,
  });
  const audience = dataPlaneAudience(cloud, 'postgresql');
  return async () => {
    const { token } = await tokens.getToken({ audience });
    hide(token);
    return token;
  };
}

async function ownTransport(environment: Environment): Promise<HttpClient> {
  const { createDefaultHttpClient } = await import('../core/http/default-http-client.ts');
  const { proxiesOf } = await import('../core/http/proxy.ts');
  return createDefaultHttpClient({ proxyFor: proxiesOf(environment) });
}

/** The sign-in of the process as a connection: the kinds of credentials are the same. */
function recordOf({ cloud, ...signIn }: DatabaseSignIn, environment: Environment, clock: Clock): ConnectionRecord {
  const isWorkload = environment('AZURE_FEDERATED_TOKEN_FILE') !== undefined;
  const at = isoNow(clock);
  return {
    id: 'database of the store',
    name: 'database',
    revision: 1,
    provider: 'azure',
    scopes: ['database'],
    cloud,
    access: 'read_write',
    auth_type: signIn.authType ?? (isWorkload ? 'workload_identity' : 'default'),
    scope_level: 'subscription',
    settings: {},
    identity: withoutUndefined({
      tenant_id: signIn.tenantId ?? environment('AZURE_TENANT_ID'),
      client_id: signIn.clientId ?? environment('AZURE_CLIENT_ID'),
    }),
    status: 'ready',
    secrets: [],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: at,
    updatedAt: at,
    origin: 'declared',
    owner: '',
  };
}
