import { AppError } from '../../../base/errors.ts';
import { callPath } from '../catalog/call-path.ts';
import { everydayOperations } from '../catalog/everyday-operations.ts';
import { gotchasOf } from '../catalog/gotchas.ts';
import type { GraphCatalog } from '../catalog/load-catalog.ts';
import type { GraphOperation } from '../catalog/operation-tree.ts';
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
  return { operations: found.map((operation) => inShort(catalog, operation)) };
}

/** The operations that administrators ask for most, in short. */
export function describeEveryday(catalog: GraphCatalog): readonly FoundOperation[] {
  return everydayOperations.flatMap(([name]) => {
    const at = name.indexOf(' ');
    const operation = catalog.operations.at(name.slice(at + 1)).find(({ method }) => method === name.slice(0, at));
    return operation === undefined ? [] : [inShort(catalog, operation)];
  });
}

function inShort(catalog: GraphCatalog, operation: GraphOperation): FoundOperation {
  const { method, path, isBetaOnly, application, delegated } = operation;
  const [note] = gotchasOf(method, path, 1);
  return {
    method,
    path: callPath(operation, catalog.types),
    application: leastText(application),
    delegated: leastText(delegated),
    ...(isBetaOnly ? { beta_only: true } : {}),
    ...(note === undefined ? {} : { note }),
  };
}
