import { AppError } from '../base/errors.ts';
import type { Exchange } from './exchange.ts';
import { formatSeconds, outcomeUnknown, shownUrl } from './map-failed-answer.ts';
import { WireFailure } from './wire-failure.ts';

const tlsHint =
  'If a proxy inspects the traffic, give Node its certificate with NODE_EXTRA_CA_CERTS; otherwise do not go on.';

/** Maps the end of a call that has no answer: the connection failed, the deadline passed, the caller cancelled. */
export function mapLostAnswer(exchange: Exchange, error: unknown, now: number): AppError {
  const { api, call, url, repeatability } = exchange;
  const upstream = { url: shownUrl(url) };
  const isOver = now >= call.deadlineAt;
  const isWrite = repeatability !== 'safe';
  const inDoubt = isWrite && ((exchange.sent && exchange.answer === undefined) || exchange.mayHaveHappened);
  if (!(error instanceof WireFailure)) return mapEnd(exchange, { isOver, inDoubt, cause: error });
  const options = { upstream, cause: error };
  if (inDoubt) return outcomeUnknown(exchange, `The answer of ${api.title} was lost (${error.code}).`, options);
  if (error.kind === 'tls') {
    return new AppError('upstream_unavailable', `The certificate of ${api.title} is not trusted (${error.code}).`, {
      ...options,
      hint: tlsHint,
    });
  }
  const wait =
    exchange.tooLongMs === undefined ? '' : ` The next attempt was due in ${formatSeconds(exchange.tooLongMs)}.`;
  if (error.kind === 'timeout') {
    return new AppError('timeout', `${api.title} did not answer in time.${wait}`, {
      ...options,
      hint: 'Ask for less at once, or raise timeouts.read of the connection.',
      retryable: true,
    });
  }
  const what = error.kind === 'unreachable' ? 'could not be reached' : 'closed the connection';
  return new AppError('upstream_unavailable', `${api.title} ${what} (${error.code}).${wait}`, {
    ...options,
    hint: 'Check the network and the proxy settings, then call again.',
    retryable: true,
  });
}

interface End {
  readonly isOver: boolean;
  readonly inDoubt: boolean;
  readonly cause: unknown;
}

/** The signal of the call aborted: at the deadline, or because the caller does not want it any more. */
function mapEnd(exchange: Exchange, { isOver, inDoubt, cause }: End): AppError {
  if (inDoubt) {
    const what = isOver ? 'The time of the call was over' : 'The call was cancelled';
    const error = outcomeUnknown(exchange, `${what} before the answer came.`, { cause });
    return isOver ? error : new AppError('cancelled', error.message, { hint: error.hint ?? '', cause });
  }
  if (isOver) {
    return new AppError('timeout', 'The time of the call was over before the answer came.', {
      hint: 'Call again with a longer timeout, or ask for less at once.',
      retryable: true,
      cause,
    });
  }
  return cause instanceof AppError ? cause : new AppError('cancelled', 'The call was cancelled.', { cause });
}
