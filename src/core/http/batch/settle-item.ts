import { errorBody, statusOf } from '../../base/error-body.ts';
import { AppError } from '../../base/errors.ts';
import type { Answer } from '../exchange.ts';
import type { BatchEntry } from './batch-entry.ts';
import type { BatchItemResult } from './batch-item.ts';

/** Headers of an item that its reader can use. */
const usefulHeaders = new Set(['content-location', 'deprecation', 'etag', 'location', 'operation-location', 'sunset']);

export function resultOfAnswer({ wire }: BatchEntry, answer: Answer): BatchItemResult {
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => usefulHeaders.has(name)));
  return {
    id: wire.id,
    status: answer.status,
    success: true,
    ...(answer.body === undefined ? {} : { body: answer.body }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
}

export function resultOfError({ wire }: BatchEntry, error: AppError, body?: unknown): BatchItemResult {
  return {
    id: wire.id,
    status: statusOf(error),
    success: false,
    ...(body === undefined ? {} : { body }),
    error: errorBody(error),
  };
}

/** For items that never left: status 0. */
export function resultNotSent({ wire }: BatchEntry, error: AppError): BatchItemResult {
  return { id: wire.id, status: 0, success: false, notSent: true, error: errorBody(error) };
}

export function notSentAfterFailure(): AppError {
  return new AppError('cancelled', 'Not sent: an earlier request of the batch failed.', {
    hint: 'Correct the failed request and send the rest again, or pass continue_on_error.',
    retryable: true,
  });
}

export function notSentAtDeadline(): AppError {
  return new AppError('timeout', 'Not sent: the time of the call was over.', {
    hint: 'Send the rest in another call, or with a longer timeout.',
    retryable: true,
  });
}

/** 424: https://learn.microsoft.com/graph/json-batching#sequencing-requests-with-the-dependson-property */
export function failedDependency(needed: string): AppError {
  return new AppError(
    'upstream_error',
    `Not carried out: the request ${needed}, which it depends on, did not succeed.`,
    {
      hint: `Correct the request ${needed}, then send both again.`,
      status: 424,
    },
  );
}
