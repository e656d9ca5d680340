import { z } from 'zod';
import type { GraphCatalog } from '../../core/apis/graph/catalog/load-catalog.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { textOf } from '../../core/base/guards.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { shortText } from '../params.ts';

const input = z.strictObject({
  search: shortText(500).optional().describe('Words, e.g. "revoke sessions".'),
  path: shortText(2_000).optional().describe('/users/{id}/memberOf; real ids are fine.'),
  method: z.enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']).optional().describe('Of path. Default: all.'),
  type: shortText(200).optional().describe('E.g. user.'),
});

type Input = z.output<typeof input>;

export const describeGraph = defineTool({
  name: 'describe_graph',
  title: 'Graph permissions, operations and types',
  description:
    'Tells from a built-in reference of Microsoft Graph which operation or endpoint does a task, the least privileged permission it needs, the properties of a type and which can be filtered, what is beta only, and pitfalls. ' +
    'Nothing is sent. Use it before graph_query or graph_write when one of these is not certain. ' +
    'Pass search, path or type.',
  toolset: 'graph',
  permissions: [],
  annotations: { ...readOnly, openWorldHint: false },
  bindsConnection: false,
  readPasted: readOperation,
  input,
  output: z.looseObject({}),
  async run(args, { graphCatalog }) {
    checkQuestion(args);
    return { status: 200, data: await answer(args, await graphCatalog()) };
  },
});

/** `GET /users` is a path with its method. */
function readOperation(args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [, method, path] = /^\s*(GET|POST|PATCH|PUT|DELETE)\s+(\S.*)$/i.exec(textOf(args['path'])) ?? [];
  return method === undefined ? args : { ...args, method: args['method'] ?? method.toUpperCase(), path };
}

/** Exactly one of search, path and type. */
function checkQuestion({ search, path, method, type }: Input): void {
  const given = [search, path, type].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw invalidArgument(
      given.length === 0 ? 'Nothing is asked.' : 'More than one thing is asked.',
      'Pass one of search ("guest users"), path ("/users/{id}") and type ("user").',
    );
  }
  if (method !== undefined && path === undefined) {
    throw invalidArgument('method: it belongs to a path.', 'Pass path too, or leave method out.');
  }
}

/** What describes is loaded by the first call: most processes never ask. */
async function answer({ search = '', path, method, type }: Input, catalog: GraphCatalog): Promise<object> {
  if (path !== undefined) {
    const { describePath } = await import('../../core/apis/graph/describe/describe-path.ts');
    return describePath(catalog, path, method);
  }
  if (type !== undefined) {
    const { describeNamedType } = await import('../../core/apis/graph/describe/describe-type.ts');
    return describeNamedType(catalog.types, type);
  }
  const { describeSearch } = await import('../../core/apis/graph/describe/describe-search.ts');
  return describeSearch(catalog, search);
}
