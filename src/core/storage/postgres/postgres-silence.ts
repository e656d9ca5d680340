import { AppError } from '../../base/errors.ts';

/** A call asks its next question well within this time. */
const silentMs = 500;

/** Knows whether the server answers anybody. */
export interface Silence {
  /**
   * Runs work that asks the server. Where nothing has answered a moment ago, it is not asked again and `away` is thrown: a
   * call that asks several things would wait for each of them.
   */
  watch<T>(work: () => Promise<T>, away: () => AppError): Promise<T>;
}

export function createSilence(): Silence {
  let answers = 0;
  let isSilent = false;
  return {
    async watch(work, away) {
      if (isSilent) throw away();
      const before = answers;
      try {
        const answer = await work();
        answers += 1;
        isSilent = false;
        return answer;
      } catch (error) {
        if (!isUnanswered(error)) {
          answers += 1;
        } else if (answers === before) {
          isSilent = true;
          setTimeout(() => {
            isSilent = false;
          }, silentMs).unref();
        }
        throw error;
      }
    },
  };
}

/** True where time ran out without a word; what the server refuses or ends is an answer. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof AppError) || !['upstream_unavailable', 'outcome_unknown'].includes(error.code)) return false;
  const { cause } = error;
  return cause === undefined || (cause instanceof Error && /timeout/i.test(cause.message) && !('code' in cause));
}
