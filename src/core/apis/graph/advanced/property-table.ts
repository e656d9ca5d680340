/**
 * How a filter on a property is served.
 *
 * - `D`: by default, and as an advanced query.
 * - `A`: only as an advanced query (`ConsistencyLevel: eventual` and `$count=true`).
 * - `O`: only without the advanced parameters.
 */
export type Support = 'D' | 'A' | 'O';

/**
 * Properties that are filtered alike. A column that is left out is not supported at all; `ne` and `not` are always
 * advanced. Names are paths: `assignedLicenses/any/skuId` is `assignedLicenses/any(x:x/skuId …)`.
 */
export interface PropertyRow {
  readonly properties: readonly string[];
  /** `eq` and `in`. */
  readonly eq?: Support;
  readonly startsWith?: Support;
  /** `ge`, `le`, `gt`, `lt`. */
  readonly range?: Support;
  /** `eq null`. */
  readonly null?: Support;
}

/** What is known about filtering and sorting one type of directory object. */
export interface PropertyTable {
  readonly rows: readonly PropertyRow[];
  /** Properties that `$orderby` takes without advanced parameters. */
  readonly defaultOrderBy: readonly string[];
}

/** `extensionAttribute1` to `15` below a complex property. */
export function numberedExtensions(parent: string): string[] {
  return Array.from({ length: 15 }, (_, index) => `${parent}/extensionAttribute${index + 1}`);
}
