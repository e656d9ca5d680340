import { AppError } from '../../../base/errors.ts';
import { callPath } from '../catalog/call-path.ts';
import { gotchasOf } from '../catalog/gotchas.ts';
import type { GraphCatalog } from '../catalog/load-catalog.ts';
import { leastText } from './describe-permissions.ts';

/** One operation in a list. */
export interface FoundOperation {
  readonly method: string;
  readonly path: string;
  /** The least permission of an app. */
  readonly application: string;
  /** The least permission of a person. */
  readonly delegated: string;
  readonly beta_only?: true;
  readonly note?: string;
}

const mostFound = 6;

/** Operations that words may mean, the likeliest first. Throws `not_found` where no word is known. */
export function describeSearch(
  catalog: GraphCatalog,
  words: string,
): { readonly operations: readonly FoundOperation[] } {
  const found = catalog.search(words, mostFound);
  if (found.length === 0) {
    throw new AppError('not_found', 'No operation has one of these words.', {
      hint: 'Use English words for the object and what is done with it, such as "guest users" or "revoke sessions"; or pass path or type.',
    });
  }
  const operations = found.map((operation) => {
    const { method, path, isBetaOnly, application, delegated } = operation;
    const [note] = gotchasOf(method, path, 1);
    return {
      method,
      path: callPath(operation, catalog.types),
      application: leastText(application),
      delegated: leastText(delegated),
      ...(isBetaOnly ? { beta_only: true as const } : {}),
      ...(note === undefined ? {} : { note }),
    };
  });
  return { operations };
}
