import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import type { Environment } from '../base/environment.ts';
import type { AccessToken, TokenRequest } from '../http/token-source.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import { createTokenSource } from './create-token-source.ts';
import { fetchFederatedToken, type PlatformContext } from './federated-token.ts';
import type { SecretReader } from './secret-reader.ts';
import { createSignInClient, createWireLog, wireLogs } from './sign-in-client.ts';
import { toSignInError } from './sign-in-error.ts';
import { createTokenCache } from './token-cache.ts';

/** Tries a way to sign in before a connection depends on it. */
export interface SignInTrial {
  /**
   * The federated token of the platform that this process runs on: Kubernetes, GitHub Actions, Azure Pipelines. Throws
   * `configuration` where there is none.
   */
  fetchPlatformToken(record: ConnectionRecord, signal: AbortSignal): Promise<Secret>;
  /**
   * Signs in as `record`, which need not be stored, with the secrets that `readSecret` gives. It remembers neither tokens
   * nor failures, so another trial is possible at once.
   */
  getToken(record: ConnectionRecord, readSecret: SecretReader, request: TokenRequest): Promise<AccessToken>;
}

export interface SignInTrialOptions {
  readonly cloudOf: (record: ConnectionRecord) => Cloud;
  readonly httpClientOf: (cloud: Cloud) => HttpClient;
  readonly clock: Clock;
  readonly environment: Environment;
  /** Told of every token and the id of its record, so that no answer and no log shows it. */
  readonly remember: (secret: string, owner: string) => void;
}

export function createSignInTrial(options: SignInTrialOptions): SignInTrial {
  const { clock, environment, remember } = options;
  return {
    async fetchPlatformToken(record, signal) {
      const cloud = options.cloudOf(record);
      const httpClient = options.httpClientOf(cloud);
      const log = createWireLog(signal, httpClient);
      const context: PlatformContext = {
        record,
        cloud,
        environment,
        platformClient: createSignInClient({ cloud, httpClient, clock, anyHost: true }),
        readSecret: () => Promise.reject(new Error('A platform’s token is not a secret of the record.')),
      };
      try {
        const token = await wireLogs.run(log, () => fetchFederatedToken(context));
        remember(token.reveal(), record.id);
        return token;
      } catch (error) {
        throw toSignInError(error, { connection: record.name, authType: 'workload_identity', log });
      }
    },
    async getToken(record, readSecret, request) {
      const cloud = options.cloudOf(record);
      const tokens = createTokenSource({
        record,
        cloud,
        readSecret,
        httpClient: async () => options.httpClientOf(cloud),
        cache: createTokenCache({ clock }),
        clock,
        environment,
      });
      const token = await tokens.getToken(request);
      remember(token.token, record.id);
      return token;
    },
  };
}
