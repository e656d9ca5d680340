import type { HttpClient } from '@azure/core-rest-pipeline';
import { isLoopbackHttp } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { parseRecord } from '../base/guards.ts';

/** What a login host publishes about itself, for everybody: its metadata and its keys. */
export interface LoginDocuments {
  /** Asks without any credential. Throws `upstream_unavailable` where no document is had. */
  read(url: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface LoginDocumentsOptions {
  readonly httpClient: HttpClient;
  /** A silent host is as good as none. Default 5 s. */
  readonly timeoutMs?: number;
}

/** More than any of them needs: the keys of Entra take 20 kB. */
const mostCharacters = 512 * 1024;

export function createLoginDocuments({ httpClient, timeoutMs = 5_000 }: LoginDocumentsOptions): LoginDocuments {
  return {
    async read(url) {
      const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
      const request = createPipelineRequest({
        url,
        headers: createHttpHeaders({ accept: 'application/json' }),
        abortSignal: AbortSignal.timeout(timeoutMs),
        // The configuration accepts http for loopback hosts only.
        allowInsecureConnection: isLoopbackHttp(url),
      });
      const { host } = new URL(url);
      const response = await httpClient.sendRequest(request).catch((cause: unknown) => {
        throw unavailable(`The login host ${host} cannot be reached.`, cause);
      });
      const text = response.bodyAsText ?? '';
      const document = response.status === 200 && text.length <= mostCharacters ? parseRecord(text) : undefined;
      if (document !== undefined) return document;
      throw unavailable(`The login host ${host} answers ${response.status} and no document.`);
    },
  };
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('upstream_unavailable', message, {
    hint: 'Check the way to the login host: proxy, firewall, and the login address of the cloud in tenantry.yaml.',
    retryable: true,
    cause,
  });
}
