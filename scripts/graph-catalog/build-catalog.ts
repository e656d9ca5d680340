import type { PackedCatalog } from '../../src/core/apis/graph/catalog/load-catalog.ts';
import { openOperationTree } from '../../src/core/apis/graph/catalog/operation-tree.ts';
import { openTypeTable } from '../../src/core/apis/graph/catalog/type-table.ts';
import { chooseTypes } from './choose-types.ts';
import { packOperations } from './pack-operations.ts';
import { packRoots, packTypes } from './pack-types.ts';
import { readCsdl } from './read-csdl.ts';
import { readPermissions } from './read-permissions.ts';
import { supplement } from './supplements.ts';

/** Texts of the three inputs. */
export interface CatalogInputs {
  /** permissions.json */
  readonly permissions: string;
  /** provisioningInfo.json */
  readonly provisioning: string;
  /** The metadata document of v1.0. */
  readonly csdl: string;
}

/** Builds what is packed. The same inputs give the same catalog, byte for byte. */
export function buildCatalog({ permissions, provisioning, csdl }: CatalogInputs): PackedCatalog {
  const model = readCsdl(csdl);
  const table = openTypeTable(packTypes(model), model.roots);
  const packed = packOperations(supplement(readPermissions(permissions, provisioning)), table);
  const tree = openOperationTree(packed.operations, packed.needs, []);
  const paths = new Set([...tree.all()].filter(({ isBetaOnly }) => !isBetaOnly).map(({ path }) => path));
  const types = packTypes(chooseTypes(model, table, paths));
  return {
    permissions: packed.permissions.join('\n'),
    appRoleIds: packed.appRoleIds,
    needs: packed.needs.join('\n'),
    operations: packed.operations.join('\n'),
    types: types.join('\n'),
    roots: packRoots(model.roots).join('\n'),
  };
}
