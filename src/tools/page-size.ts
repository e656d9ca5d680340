import type { Projection } from '../core/results/projection.ts';

/** Where a call may say `$top`. */
export interface QueryArguments {
  readonly endpoint?: string | undefined;
  readonly path?: string | undefined;
  readonly params?: Readonly<Record<string, string | number | boolean>> | undefined;
}

const inAddress = /[?&](?:\$|%24)top=(\d+)/i;

/** What `$top` says, in `params` or in the address. */
export function topOf({ endpoint, path, params = {} }: QueryArguments): number | undefined {
  const [, given] = Object.entries(params).find(([name]) => /^(?:\$|%24)top$/i.test(name)) ?? [];
  const said = given ?? inAddress.exec(endpoint ?? path ?? '')?.[1];
  const top = said === undefined ? Number.NaN : Number(said);
  return Number.isInteger(top) && top > 0 ? top : undefined;
}

/** `value[0].id`, `value[:3].name`: the first items are enough, whatever comes after them. */
const firstItems = /^\s*value\[(?:\d+|\d*:\d+)\][^|]*$/;

/** Whether one page of a list gives what the whole list would begin with, so that `$top` can be meant as a number of items. */
export function needsOnlyItsPage(project: string | undefined, projection: Projection | undefined): boolean {
  return projection === undefined || projection.perPage || firstItems.test(project ?? '');
}
