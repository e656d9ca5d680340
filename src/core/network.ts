import type { HttpClient } from '@azure/core-rest-pipeline';
import { LRUCache } from 'lru-cache';
import { createTokenSource } from './auth/create-token-source.ts';
import { basicCredentials, isPersonalAccessToken } from './auth/personal-access-token.ts';
import { createSignInTrial, type SignInTrial } from './auth/sign-in-trial.ts';
import { createTokenCache } from './auth/token-cache.ts';
import type { DeviceCodePrompt, TokenSource } from './auth/token-source.ts';
import type { Clock } from './clock.ts';
import type { Cloud } from './clouds.ts';
import type { Environment } from './config/environment.ts';
import { connectApis, createSharedApiParts } from './connect-apis.ts';
import type { ConnectionRecord } from './connections/connection.ts';
import type { SecretReader } from './connections/secret-reader.ts';
import { AppError } from './errors.ts';
import type { ApiDescriptor } from './http/api-descriptor.ts';
import { createApiClient } from './http/create-api-client.ts';
import { createDefaultHttpClient } from './http/default-http-client.ts';
import type { Logger } from './logger.ts';
import type { OpenConnection } from './open-connection.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { createLimiterRegistry } from './throttle/limiter.ts';
import type { LimiterRegistry } from './throttle/limiter-registry.ts';

export interface NetworkOptions {
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  /** The whole process only reads, whatever the access of a connection is. */
  readonly readOnly: boolean;
  readonly userAgent: string;
  /** Told of every token, so that no answer and no log shows it. */
  readonly remember: (secret: string) => void;
  /** Requests of connections to this cloud stay in the process. */
  readonly embedded?: { readonly cloud: Cloud; readonly httpClient: HttpClient };
  readonly httpClient?: HttpClient;
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
}

/** Everything that sends requests: connections that are open, their tokens, and the limits that they share. */
export interface Network {
  readonly limiter: LimiterRegistry;
  /** Ways to sign in that no connection depends on yet. */
  readonly trial: SignInTrial;
  open(record: ConnectionRecord): Promise<OpenConnection>;
  close(): Promise<void>;
}

const mostOpen = 500;

/** Loaded by the first call that talks to a service. */
export function createNetwork(options: NetworkOptions): Network {
  const { clock, telemetry } = options;
  const cache = createTokenCache({ clock });
  const limiter = createLimiterRegistry({ clock, telemetry });
  const transport = createDefaultHttpClient();
  // The revision is in the key: a changed connection opens anew, with its new identity and settings.
  const opened = new LRUCache<string, OpenConnection>({ max: mostOpen });
  const shared = createSharedApiParts();
  const httpClientOf = (cloud: Cloud) =>
    options.embedded?.cloud.name === cloud.name ? options.embedded.httpClient : (options.httpClient ?? transport);

  function open(record: ConnectionRecord): OpenConnection {
    const cloud = cloudOf(record, options.clouds);
    const httpClient = httpClientOf(cloud);
    const tokens = rememberingTokens(
      createTokenSource({
        record,
        cloud,
        readSecret: options.readSecret,
        httpClient: async () => httpClient,
        cache,
        clock,
        environment: options.environment,
        ...(options.onDeviceCode ? { onDeviceCode: options.onDeviceCode } : {}),
      }),
      record,
      options.remember,
    );
    const connection: ConnectionRecord = options.readOnly ? { ...record, access: 'read_only' } : record;
    const clientOf = (descriptor: ApiDescriptor) =>
      createApiClient({
        descriptor,
        connection,
        cloud,
        tokens,
        limiter,
        httpClient,
        clock,
        logger: options.logger,
        random: Math.random,
        telemetry,
        userAgent: options.userAgent,
      });
    const apis = connectApis({ shared, connection, cloud, tokens, clock, telemetry, clientOf });
    return { record, cloud, tokens, ...apis, httpClient };
  }

  return {
    limiter,
    trial: createSignInTrial({
      cloudOf: (record) => cloudOf(record, options.clouds),
      httpClientOf,
      clock,
      environment: options.environment,
      remember: options.remember,
    }),
    async open(record) {
      const key = `${record.id} ${record.revision}`;
      const known = opened.get(key);
      if (known) return known;
      const fresh = open(record);
      opened.set(key, fresh);
      return fresh;
    },
    async close() {
      await limiter.close();
      transport.close();
    },
  };
}

function cloudOf(record: ConnectionRecord, clouds: ReadonlyMap<string, Cloud>): Cloud {
  const cloud = clouds.get(record.cloud);
  if (cloud) return cloud;
  throw new AppError(
    'configuration',
    `The connection ${record.name} is in the cloud ${record.cloud}, which is not configured.`,
    {
      hint: `Add ${record.cloud} under clouds in tenantry.yaml; known ones are ${[...clouds.keys()].join(', ')}.`,
    },
  );
}

/** A personal access token goes over the wire in another form, which is no less secret. */
function rememberingTokens(
  tokens: TokenSource,
  record: ConnectionRecord,
  remember: (secret: string) => void,
): TokenSource {
  return {
    async getToken(request) {
      const token = await tokens.getToken(request);
      remember(token.token);
      if (isPersonalAccessToken(token.token, record)) remember(basicCredentials(token.token));
      return token;
    },
  };
}
