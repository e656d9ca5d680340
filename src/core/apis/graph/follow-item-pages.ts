import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import type { BatchEntry } from '../../http/batch/batch-item.ts';
import type { ReadPages } from './delta.ts';
import { nextLinkName } from './graph-paging.ts';

type Body = Readonly<Record<string, unknown>>;

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function linkOf({ result }: BatchEntry): string | undefined {
  const link = result?.success && isBody(result.body) ? result.body[nextLinkName] : undefined;
  return typeof link === 'string' ? link : undefined;
}

async function followOne(entry: BatchEntry, pages: ReadPages, call: CallContext): Promise<void> {
  const { result, request } = entry;
  const link = linkOf(entry);
  if (link === undefined || result === undefined || !isBody(result.body)) return;
  const { [nextLinkName]: _, ...rest } = result.body;
  const value = Array.isArray(rest['value']) ? [...rest['value']] : [];
  let left: string | undefined = link;
  const headers = request.headers === undefined ? {} : { headers: request.headers };
  try {
    for await (const page of pages({ method: 'GET', path: link, verbatim: true, ...headers }, {})) {
      for (const item of page.items) {
        value.push(item);
      }
      left = page.nextLink;
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    call.note(`The list of request ${entry.wire.id} is not complete: ${error.message}`);
  }
  entry.result = {
    ...result,
    body: { ...rest, value, ...(left === undefined ? {} : { [nextLinkName]: left }) },
  };
}

/** Completes the lists inside the items of a batch, several at a time. What could not be read keeps its link. */
export async function followItemPages(
  entries: readonly BatchEntry[],
  { pages, concurrency }: { readonly pages: ReadPages; readonly concurrency: number },
  call: CallContext,
): Promise<void> {
  const waiting = entries.filter((entry) => linkOf(entry) !== undefined).values();
  const work = async () => {
    for (const entry of waiting) {
      await followOne(entry, pages, call);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
