import { AppError } from '../base/errors.ts';
import { cleanMessage } from './clean-message.ts';
import type { Endpoint } from './endpoints.ts';

/** Whether an endpoint can be used, is still worked on, or never will. */
export function stateOf({ isReady, operationStatus }: Endpoint): 'ready' | 'in_progress' | 'failed' {
  const state = operationStatus?.state?.toLowerCase();
  if (state === 'failed') return 'failed';
  return isReady === false || state === 'inprogress' ? 'in_progress' : 'ready';
}

/** The service gave up on it. */
export function endpointFailed({ id, name, operationStatus, authorization }: Endpoint, what: string): AppError {
  const said = operationStatus?.statusMessage;
  const reason = said ? cleanMessage(said) : 'the service gives no reason.';
  return new AppError('upstream_error', `The service connection ${name} ${what}: ${reason}`, {
    hint: 'Correct what the message says; delete_service_connection removes a failed one, which blocks its name.',
    detail: { id, name, state: 'Failed', scheme: authorization.scheme },
  });
}

export function endpointGone(id: string): AppError {
  return new AppError('not_found', `There is no service connection ${id} any more, or the connection may not see it.`, {
    hint: 'See what there is with list_service_connections.',
  });
}

/** Neither done nor failed when the time was up. */
export function stillInProgress(what: string): AppError {
  return new AppError('timeout', `${what} is still in progress; the service goes on with it.`, {
    hint: 'Look again in a few minutes with list_service_connections.',
    retryable: true,
  });
}

/** A success without the object in it says nothing about what is there now. */
export function answerWithoutEndpoint(what: string, status: number): never {
  throw new AppError('outcome_unknown', `${what}, and its answer has no service connection in it.`, {
    hint: 'See what is there with list_service_connections before doing it again.',
    status,
  });
}
