import type { TypeTable } from '../catalog/type-table.ts';
import { walkPath } from '../catalog/walk-path.ts';
import { usefulSelect } from './choose-properties.ts';

/** Arguments of graph_query besides the connection. */
export interface ExampleCall {
  readonly endpoint: string;
  readonly params?: Readonly<Record<string, string>>;
  /** Of a list; `$top` would be refused by some. */
  readonly limit?: number;
}

/** Functions of reports take a period; other values only the caller knows. */
function withValues(path: string): string | undefined {
  const filled = path.replace(/\(period=\{value\}\)/i, "(period='D7')");
  return /[{}]/.test(filled) ? undefined : filled;
}

/** A read that can be sent as it is; undefined where an id or a value is missing. */
export function exampleCall(types: TypeTable, path: string): ExampleCall | undefined {
  const walk = walkPath(types, path);
  const endpoint = withValues(path);
  if (!walk.isKnown || endpoint === undefined || walk.end === 'action') return undefined;
  const { type, isCollection, end } = walk;
  // Functions, plain values and streams take no options that would be safe to guess.
  if (type === undefined || end === 'function' || types.find(type)?.kind !== 'entity') return { endpoint };
  const select = usefulSelect(types, type);
  return {
    endpoint,
    ...(select === '' ? {} : { params: { $select: select } }),
    ...(isCollection ? { limit: 5 } : {}),
  };
}

/** A read that shows the ids which the first key of a template stands for. */
export function exampleOfIds(types: TypeTable, template: string): ExampleCall | undefined {
  const at = template.indexOf('/{id}');
  return at < 0 ? undefined : exampleCall(types, template.slice(0, at));
}
