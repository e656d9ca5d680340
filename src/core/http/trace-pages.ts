import { AsyncLocalStorage } from 'node:async_hooks';
import { attributeNames, spanNames } from '../telemetry/attributes.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Page } from './page.ts';

type RunInSpan = <Result>(run: () => Result) => Result;

/**
 * The same pages, with one span around all of them: it begins with the first and ends with the last, an error or the
 * consumer's leaving, and is the parent of every request in between.
 */
export async function* tracePages(
  pages: AsyncGenerator<Page, void, undefined>,
  telemetry: Telemetry,
  api: string = 'graph',
): AsyncGenerator<Page, void, undefined> {
  const over = Promise.withResolvers<void>();
  let inSpan: RunInSpan = (run) => run();
  const attributes = { [attributeNames.api]: api };
  telemetry
    .withSpan(spanNames.collectPages, { attributes }, () => {
      inSpan = AsyncLocalStorage.snapshot();
      return over.promise;
    })
    // The consumer gets the failure from the pages themselves.
    .catch(() => undefined);
  try {
    for (;;) {
      const step = await inSpan(() => pages.next());
      if (step.done) return;
      yield step.value;
    }
  } catch (error) {
    over.reject(error);
    throw error;
  } finally {
    over.resolve();
    await pages.return();
  }
}
