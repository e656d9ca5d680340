import { brotliDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { type GraphOperation, type OperationTree, openOperationTree } from './operation-tree.ts';
import { buildSearch, type OperationSearch } from './search-index.ts';
import { openTypeTable, type TypeTable } from './type-table.ts';

/** A permission of Microsoft Graph. */
export interface GraphPermission {
  readonly name: string;
  /** Words of its title on the consent page that its name does not have. */
  readonly words: string;
  /** Id of the app role, for grants to apps; undefined where only people can grant it. */
  readonly appRoleId?: string;
}

/** What Microsoft publishes about Graph v1.0, and what of beta has permissions: from a built-in artefact, without network. */
export interface GraphCatalog {
  /** Where the facts come from, and of when. */
  readonly source: string;
  readonly operations: OperationTree;
  readonly types: TypeTable;
  /** Names in any case. */
  permission(name: string): GraphPermission | undefined;
  /** Operations by words such as "revoke sessions"; the best first. */
  search(text: string, most: number): readonly GraphOperation[];
}

const lines = z.string().transform((text) => text.split('\n'));
const packedSchema = z.object({
  /** `name|*|words`; the asterisk where apps can be granted it. */
  permissions: lines,
  /** Hexadecimal ids of the app roles, one after the other: so they pack best. */
  appRoleIds: z.string(),
  /** See `readNeeds`. */
  needs: lines,
  /** See `operation-tree.ts`. */
  operations: lines,
  /** See `packed-types.ts`. */
  types: lines,
  /** `name:type`, with `*` before the type of an entity set. */
  roots: lines,
});

/** What is packed, still as text. */
export type PackedCatalog = z.input<typeof packedSchema>;

/** Opens what the generator wrote. */
export function openCatalog(packed: unknown, source: string): GraphCatalog {
  const { permissions, appRoleIds, needs, operations, types, roots } = packedSchema.parse(packed);
  const names = permissions.map((line) => line.slice(0, line.indexOf('|')));
  const known = lazyPermissions(permissions, appRoleIds);
  const tree = openOperationTree(operations, needs, names);
  const table = openTypeTable(types, roots.map(readRoot));
  const permission = (name: string) => known().get(name.toLowerCase());
  let search: OperationSearch | undefined;
  return {
    source,
    operations: tree,
    types: table,
    permission,
    search(text, most) {
      search ??= buildSearch({ operations: tree, types: table, wordsOf: (name) => permission(name)?.words ?? '' });
      return search.find(text, most);
    },
  };
}

function readRoot(line: string): { name: string; type: string; isCollection: boolean } {
  const [name = '', type = ''] = line.split(':');
  return { name, type: type.replace('*', ''), isCollection: type.startsWith('*') };
}

function lazyPermissions(lines: readonly string[], ids: string): () => ReadonlyMap<string, GraphPermission> {
  let permissions: ReadonlyMap<string, GraphPermission> | undefined;
  return () => {
    permissions ??= new Map(readPermissions(lines, ids).map((one) => [one.name.toLowerCase(), one]));
    return permissions;
  };
}

function readPermissions(lines: readonly string[], ids: string): GraphPermission[] {
  let at = 0;
  return lines.map((line) => {
    const [name = '', mark = '', words = ''] = line.split('|');
    if (mark === '') return { name, words };
    const appRoleId = ids.slice(at, at + 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    at += 32;
    return { name, words, appRoleId };
  });
}

/** Unpacks the built-in catalog. Takes some 20 ms, so only who needs it loads it, and keeps it. */
export async function loadGraphCatalog(): Promise<GraphCatalog> {
  const { packedCatalog, source } = await import('./packed-catalog.ts');
  // A few milliseconds, and less than what is done with the bytes.
  const bytes = brotliDecompressSync(Buffer.from(packedCatalog, 'base64'));
  return openCatalog(JSON.parse(bytes.toString('utf8')), source);
}
