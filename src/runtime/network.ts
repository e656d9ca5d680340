import type { HttpClient } from '@azure/core-rest-pipeline';
import { LRUCache } from 'lru-cache';
import { createApis } from '../core/apis/api-connection.ts';
import { roleName } from '../core/apis/arm/built-in-roles.ts';
import type { GraphCatalog } from '../core/apis/graph/catalog/load-catalog.ts';
import type { GraphApi } from '../core/apis/graph/graph-api.ts';
import { createTokenSource } from '../core/auth/create-token-source.ts';
import type { SecretReader } from '../core/auth/secret-reader.ts';
import { createSignInTrial } from '../core/auth/sign-in-trial.ts';
import { createTokenCache } from '../core/auth/token-cache.ts';
import { basicCredentials, isPersonalAccessToken } from '../core/auth/token-claims.ts';
import type { Caller } from '../core/base/caller.ts';
import type { Clock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';
import type { Environment } from '../core/base/environment.ts';
import { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ApiDescriptor } from '../core/http/api-descriptor.ts';
import { createDefaultHttpClient } from '../core/http/default-http-client.ts';
import { createApiClient } from '../core/http/pipeline.ts';
import { proxiesOf } from '../core/http/proxy.ts';
import type { DeviceCodePrompt, TokenSource } from '../core/http/token-source.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import { rulesOf } from '../core/policy/connection-rules.ts';
import { createGuard } from '../core/policy/guard.ts';
import { defaultPolicy, type Policy } from '../core/policy/policy.ts';
import { actsForCaller, type ConnectionRecord } from '../core/record/connection.ts';
import type { DeclaredConnection } from '../core/record/declared-connection.ts';
import type { KnownSecrets, Secret } from '../core/secrets/secret.ts';
import type { Logger } from '../core/telemetry/logger.ts';
import type { Telemetry } from '../core/telemetry/telemetry.ts';
import { createLimiterRegistry } from '../core/throttle/limiter.ts';
import type { LimiterRegistry } from '../core/throttle/limiter-registry.ts';
import { type ConnectedServices, connectServices } from './connect-services.ts';

export interface NetworkOptions {
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  /** The whole process only reads, whatever the access of a connection. */
  readonly readOnly: boolean;
  /** Default: that of an installation which configures none. */
  readonly policy?: Policy;
  /** Rules for one of them bind whatever signs in as the same app. */
  readonly declared?: readonly DeclaredConnection[];
  readonly userAgent: string;
  /** Called with every token and the id of its connection, so that no answer or log shows it. */
  readonly remember: (secret: string, owner: string) => void;
  /** Requests of connections to this cloud stay in the process. */
  readonly embedded?: { readonly cloud: Cloud; readonly httpClient: HttpClient };
  readonly httpClient?: HttpClient;
  /** Keeps the limits of all connections; closed with the network. Default: one that this process keeps by itself. */
  readonly limiter?: LimiterRegistry;
  /** Answers show the secrets that services hand out. */
  readonly revealSecrets?: boolean;
  /** Values that no answer may show. */
  readonly knownSecrets?: KnownSecrets;
  /** Keeps the secrets that answers hand out; without it they are masked. */
  readonly namedSecrets?: NamedSecrets;
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
  /** Explains errors of Graph. Default: one of its own. */
  readonly graphCatalog?: () => Promise<GraphCatalog>;
}

const mostOpen = 500;

/**
 * Everything that sends requests: open connections, their tokens, and the limits that they share. Loaded by the first
 * call that talks to a service.
 */
export function createNetwork(options: NetworkOptions) {
  const { clock, telemetry } = options;
  const cache = createTokenCache({ clock });
  const limiter = options.limiter ?? createLimiterRegistry({ clock, telemetry });
  const proxyFor = proxiesOf(options.environment);
  const transport = createDefaultHttpClient({ proxyFor });
  // The revision is in the key: a changed connection opens again, with its new identity and settings. So is the access:
  // callers that a connection is shared with may have less of it than its owner. And so is the caller of one that acts for
  // its caller: whatever its APIs and services remember, they remember for one person.
  const opened = new LRUCache<string, ConnectedServices>({ max: mostOpen });
  const { graphCatalog } = options;
  const apis = createApis(graphCatalog === undefined ? {} : { graphCatalog });
  const httpClientOf = (cloud: Cloud) =>
    options.embedded?.cloud.name === cloud.name ? options.embedded.httpClient : (options.httpClient ?? transport);

  function open(record: ConnectionRecord, ofCaller: Caller | undefined): ConnectedServices {
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
        logger: options.logger,
        ...(options.onDeviceCode ? { onDeviceCode: options.onDeviceCode } : {}),
      }),
      { record, ofCaller },
      options.remember,
    );
    const connection: ConnectionRecord = options.readOnly ? { ...record, access: 'read_only' } : record;
    const parts = { connection, cloud, tokens, clock, telemetry, random: Math.random, httpClient };
    const { logger, userAgent, knownSecrets, revealSecrets, namedSecrets } = options;
    const answers = withoutUndefined({ knownSecrets, revealSecrets, keeper: namedSecrets?.keeperOf(connection) });
    const plainClientOf = (descriptor: ApiDescriptor) =>
      createApiClient({ ...parts, descriptor, limiter, logger, userAgent });
    let lookups: GraphApi | undefined;
    const guard = createGuard({
      rules: rulesOf(record, options.policy ?? defaultPolicy, options.declared ?? []),
      connection,
      lookups: () => {
        lookups ??= apis.graph({ ...parts, clientOf: plainClientOf });
        return lookups;
      },
      nameOf: roleName,
    });
    const clientOf = (descriptor: ApiDescriptor) =>
      createApiClient({ ...parts, ...answers, descriptor, limiter, logger, userAgent, permit: guard });
    const readerOf = (descriptor: ApiDescriptor) => {
      const reading: ConnectionRecord = { ...connection, access: 'read_only' };
      const masks = withoutUndefined({ knownSecrets });
      const own = { descriptor, connection: reading, limiter, logger, userAgent, permit: guard };
      return createApiClient({ ...parts, ...masks, ...own });
    };
    const onSecret = (secret: Secret) => options.remember(secret.reveal(), record.id);
    const secrets = withoutUndefined({ namedSecrets, onSecret });
    return { ...connectServices({ ...parts, ...secrets, apis, clientOf, guard, readerOf }), record };
  }

  return {
    limiter,
    /** The way to the hosts of a cloud. */
    httpClientOf,
    /** The proxy that leads to an address, for what is no HTTP. */
    proxyFor,
    /** Tries sign-ins that no connection depends on yet. */
    trial: createSignInTrial({
      cloudOf: (record) => cloudOf(record, options.clouds),
      httpClientOf,
      clock,
      environment: options.environment,
      remember: options.remember,
    }),
    async open(record: ConnectionRecord, caller: Caller): Promise<ConnectedServices> {
      const ofCaller = actsForCaller(record) ? caller : undefined;
      const key = JSON.stringify([record.id, record.revision, record.access, ofCaller?.id]);
      const known = opened.get(key);
      if (known) return known;
      const fresh = open(record, ofCaller);
      opened.set(key, fresh);
      return fresh;
    },
    async close(): Promise<void> {
      try {
        await limiter.close();
      } finally {
        transport.close();
      }
    },
  };
}

export type Network = ReturnType<typeof createNetwork>;

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

interface TokenOwner {
  readonly record: ConnectionRecord;
  /** Whose a connection is that acts for its caller. */
  readonly ofCaller: Caller | undefined;
}

/** A personal access token is sent in another form, which is just as secret. */
function rememberingTokens(
  tokens: TokenSource,
  { record, ofCaller }: TokenOwner,
  remember: NetworkOptions['remember'],
): TokenSource {
  return {
    async getToken(request) {
      const { caller } = request;
      // The second lock: the first is the key under which the connection is kept open.
      if (ofCaller !== undefined && caller?.id !== ofCaller.id) {
        throw new Error(`The connection ${record.name} was opened for another caller.`);
      }
      if (ofCaller !== undefined && caller?.assertion !== undefined) remember(caller.assertion.reveal(), record.id);
      const token = await tokens.getToken(request);
      remember(token.token, record.id);
      if (isPersonalAccessToken(token.token, record)) remember(basicCredentials(token.token), record.id);
      return token;
    },
  };
}
