import type { ApiRequest } from '../../../http/api-client.ts';
import { splitOutsideQuotes } from '../../../http/url-text.ts';

/** System query options that decide about advanced queries. */
export type QueryOptionName = '$filter' | '$search' | '$orderby' | '$count' | '$expand';

export type QueryOptions = Readonly<Partial<Record<QueryOptionName, string>>>;

const names: Readonly<Record<string, QueryOptionName>> = {
  filter: '$filter',
  search: '$search',
  orderby: '$orderby',
  count: '$count',
  expand: '$expand',
};

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The options of a request, from its path and its params. Without a `$` they mean the same on most of Graph. */
export function readQueryOptions(request: Pick<ApiRequest, 'path' | 'params'>): QueryOptions {
  const options: Partial<Record<QueryOptionName, string>> = {};
  const mark = request.path.indexOf('?');
  if (mark >= 0) {
    for (const pair of splitOutsideQuotes(request.path.slice(mark + 1), '&')) {
      const at = pair.indexOf('=');
      const name =
        names[
          decode(at < 0 ? pair : pair.slice(0, at))
            .toLowerCase()
            .replace(/^\$/, '')
        ];
      if (name !== undefined) options[name] = at < 0 ? '' : decode(pair.slice(at + 1));
    }
  }
  for (const [given, value] of Object.entries(request.params ?? {})) {
    const name = names[given.toLowerCase().replace(/^\$/, '')];
    if (name !== undefined && value !== undefined && value !== null) options[name] = String(value);
  }
  return options;
}
