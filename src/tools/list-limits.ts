import type { PageLimits } from '../core/http/page.ts';
import type { ConnectionSettings } from '../core/record/connection.ts';

interface ListArguments {
  readonly limit?: number | undefined;
  readonly auto_paginate?: boolean | undefined;
}

/** Most items that a list may show: the smaller one of what the call asks for and what the connection allows. */
export function mostItems({ limit }: ListArguments, { max_items: allowed }: ConnectionSettings): number | undefined {
  return limit === undefined || allowed === undefined ? (limit ?? allowed) : Math.min(limit, allowed);
}

/** How far a list is read; `auto_paginate: false` reads one page. */
export function pageLimits(args: ListArguments, settings: ConnectionSettings): PageLimits {
  const maxItems = mostItems(args, settings);
  const maxPages = (args.auto_paginate ?? settings.auto_paginate ?? true) ? settings.max_pages : 1;
  return {
    ...(maxItems === undefined ? {} : { maxItems }),
    ...(maxPages === undefined ? {} : { maxPages }),
  };
}
