import type { DirectoryType } from './directory-path.ts';
import type { PropertyRow, PropertyTable } from './property-table.ts';
import { applicationTable } from './tables/application.ts';
import { deviceTable } from './tables/device.ts';
import { groupTable } from './tables/group.ts';
import { administrativeUnitTable, contractTable, directoryRoleTable, orgContactTable } from './tables/others.ts';
import { servicePrincipalTable } from './tables/service-principal.ts';
import { userTable } from './tables/user.ts';

/** Every property table. Types without one have no documented filters; nothing is assumed about them. */
export const propertyTables: Readonly<Partial<Record<DirectoryType, PropertyTable>>> = {
  user: userTable,
  group: groupTable,
  application: applicationTable,
  servicePrincipal: servicePrincipalTable,
  device: deviceTable,
  administrativeUnit: administrativeUnitTable,
  orgContact: orgContactTable,
  directoryRole: directoryRoleTable,
  contract: contractTable,
};

/** Extensions: https://learn.microsoft.com/graph/aad-advanced-queries#user-properties */
const directoryExtension: PropertyRow = { eq: 'D', startsWith: 'A', null: 'A', properties: [] };
const schemaExtension: PropertyRow = { eq: 'A', startsWith: 'A', null: 'A', properties: [] };

export interface PropertyLookup {
  /** Support of a property (path in lower case); undefined when the documentation does not know it. */
  find(type: DirectoryType, property: string): PropertyRow | undefined;
  isDefaultOrderBy(type: DirectoryType, property: string): boolean;
}

function extensionRow(property: string): PropertyRow | undefined {
  if (/^extension_[0-9a-f]{32}_\w+$/.test(property)) return directoryExtension;
  return /^(?:ext[a-z0-9]{8}|[a-z0-9]+)_\w+\/\w+$/.test(property) ? schemaExtension : undefined;
}

/** Indexes the tables at first use, so that calls without filters never pay for them. */
export function createPropertyLookup(): PropertyLookup {
  const indexes = new Map<DirectoryType, Map<string, PropertyRow>>();
  const indexOf = (type: DirectoryType): Map<string, PropertyRow> => {
    const known = indexes.get(type);
    if (known !== undefined) return known;
    const rows = propertyTables[type]?.rows ?? [];
    const index = new Map(rows.flatMap((row) => row.properties.map((name) => [name.toLowerCase(), row] as const)));
    indexes.set(type, index);
    return index;
  };
  return {
    find: (type, property) => indexOf(type).get(property) ?? extensionRow(property),
    isDefaultOrderBy: (type, property) =>
      (propertyTables[type]?.defaultOrderBy ?? []).some((name) => name.toLowerCase() === property),
  };
}
