import { classifyDirectoryPath, type DirectoryType } from '../advanced/directory-path.ts';
import { parseFilter } from '../advanced/parse-filter.ts';
import { readQueryOptions } from '../advanced/plan-query.ts';
import { type PropertyRow, propertyTables, type Support } from '../advanced/property-tables.ts';

/** What the query options of a list take. Names with `*` only in an advanced query, with `!` only without one. */
export interface QuerySupport {
  readonly filter?: {
    readonly eq: readonly string[];
    readonly startsWith: readonly string[];
    readonly range: readonly string[];
  };
  readonly orderby?: readonly string[];
  readonly search?: string;
}

const marks: Readonly<Record<Support, string>> = { D: '', A: '*', O: '!' };

function supported(rows: readonly PropertyRow[], column: 'eq' | 'startsWith' | 'range'): string[] {
  return rows.flatMap((row) => {
    const support = row[column];
    return support === undefined ? [] : row.properties.map((name) => `${name}${marks[support]}`);
  });
}

/** The fifteen numbered extensions are one thing to a reader. */
function isTold(name: string): boolean {
  return !/extensionAttribute(?!1\b)\d+/.test(name);
}

/** Support of the lists of a directory type; undefined where the documentation has no table. */
function tableOf(type: DirectoryType): QuerySupport | undefined {
  const table = propertyTables[type];
  if (table === undefined) return undefined;
  const names = (column: 'eq' | 'startsWith' | 'range') => supported(table.rows, column).filter(isTold);
  return {
    filter: { eq: names('eq'), startsWith: names('startsWith'), range: names('range') },
    ...(table.defaultOrderBy.length === 0 ? {} : { orderby: table.defaultOrderBy }),
    search: '"displayName:text"',
  };
}

/** What a path takes, and of which type its objects are; undefined outside the directory and for single objects. */
export function querySupport(
  path: string,
): { readonly type: DirectoryType; readonly support: QuerySupport } | undefined {
  const place = classifyDirectoryPath(path);
  if (place === undefined || place.shape === 'entity' || place.counts) return undefined;
  const support = tableOf(place.type) ?? {};
  return { type: place.type, support };
}

/** Names that nobody writes by hand in one address. */
const mostNames = 10;

/** Properties of the objects themselves that the options of an address name, each once. */
export function namedProperties(path: string): readonly string[] {
  const { $select = '', $orderby = '', $filter = '' } = readQueryOptions({ path });
  const sorted = $orderby.split(',').map((key) => key.trim().split(/\s/, 1)[0] ?? '');
  const filtered = (parseFilter($filter) ?? []).map(({ property }) => property);
  const names = [...$select.split(','), ...sorted, ...filtered].map((name) => name.trim().split('/', 1)[0] ?? '');
  return [...new Set(names.filter((name) => /^\w+$/.test(name)))].slice(0, mostNames);
}
