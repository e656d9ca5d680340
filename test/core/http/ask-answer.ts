import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { createArmDescriptor } from '../../../src/core/apis/arm/arm-descriptor.ts';
import { createDevOpsDescriptor } from '../../../src/core/apis/devops/devops-descriptor.ts';
import { createGraphDescriptor } from '../../../src/core/apis/graph/graph-descriptor.ts';
import type { AppError } from '../../../src/core/base/errors.ts';
import { isRecord } from '../../../src/core/base/guards.ts';
import type { ApiRequest, ApiResponse } from '../../../src/core/http/api-client.ts';
import { createApiClient } from '../../../src/core/http/pipeline.ts';
import type { FoundSecret, SecretKeeper } from '../../../src/core/secrets/secret-keeper.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import type { Telemetry } from '../../../src/core/telemetry/telemetry.ts';
import { testCall } from '../../support/call.ts';
import type { SecretRow } from '../../support/secret-answers.ts';
import { connection, testOptions } from './client-fixture.ts';

const descriptors = { arm: createArmDescriptor(), graph: createGraphDescriptor(), devops: createDevOpsDescriptor() };

export interface Served {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

/** What everything behind the pipeline gets to see of one answer, and what was kept and logged. */
export async function askAnswer(
  api: SecretRow['api'],
  request: ApiRequest,
  served: Served,
  options: { reveal?: boolean; keep?: boolean } = {},
) {
  const { status = 200, type = 'application/json', body } = served;
  const text = typeof body === 'string' && type !== 'application/json' ? body : JSON.stringify(body);
  const httpClient: HttpClient = {
    sendRequest: async (sent) => ({
      request: sent,
      status,
      headers: createHttpHeaders({ 'content-type': type }),
      bodyAsText: text,
    }),
  };
  const kept: FoundSecret[] = [];
  const keeper: SecretKeeper = {
    keep: async (found) => {
      kept.push(found);
      return options.keep === false ? undefined : `name-${kept.length}`;
    },
  };
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
  const traced: unknown[] = [];
  const telemetry: Telemetry = {
    withSpan(name, about, run) {
      traced.push(name, about);
      return run({ setAttributes: (more) => traced.push(more), fail: (why) => traced.push(why), headers: () => ({}) });
    },
    record: (metric, value, attributes) => traced.push(metric, value, attributes),
  };
  const client = createApiClient({
    ...testOptions({ httpClient, logger, telemetry }),
    connection: connection({ logging: { enabled: true, format: 'detailed' } }),
    descriptor: descriptors[api],
    keeper,
    revealSecrets: options.reveal ?? false,
  });
  const call = testCall();
  let response: ApiResponse | undefined;
  let error: AppError | undefined;
  try {
    response = await client.send(
      api === 'graph' ? request : { apiVersion: api === 'arm' ? '2024-01-01' : '7.1', ...request },
      call,
    );
  } catch (caught) {
    error = caught as AppError;
  }
  const { json, ...shown } = response ?? {};
  await logger.flush();
  const seen = JSON.stringify([
    shown,
    json?.toString('utf8'),
    error && [error.message, error.hint, error.upstream, error.detail, String(error.stack), String(error.cause)],
    lines,
    traced,
    call.record.notes,
  ]);
  return { body: response?.body, response, error, kept, seen, notes: call.record.notes, lines };
}

export const requestOf = ({ method, path }: SecretRow): ApiRequest => {
  return { method, path, ...(method === 'GET' ? {} : { body: {} }) };
};

/** Values without members, with the ways to them. */
export function leaves(value: unknown, at = ''): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => leaves(one, `${at}[${index}]`));
  return isRecord(value)
    ? Object.entries(value).flatMap(([name, one]) => leaves(one, at === '' ? name : `${at}.${name}`))
    : [[at, value]];
}
