import {
  type PropertyRow,
  type PropertyTable,
  propertyTables,
  type Support,
} from '../../src/core/apis/graph/advanced/property-tables.ts';

/** Collection of each type that has a property table. */
export const collectionPaths: Readonly<Record<string, string>> = {
  user: '/users',
  group: '/groups',
  application: '/applications',
  servicePrincipal: '/servicePrincipals',
  device: '/devices',
  administrativeUnit: '/directory/administrativeUnits',
  orgContact: '/contacts',
  directoryRole: '/directoryRoles',
  contract: '/contracts',
};

/** `assignedLicenses/any/skuId` with `eq 'x'` becomes `assignedLicenses/any(i:i/skuId eq 'x')`. */
export function clause(property: string, write: (path: string) => string): string {
  const [collection, inner] = property.split(/\/any\/?/);
  return property.includes('/any')
    ? `${collection}/any(i:${write(inner === '' || inner === undefined ? 'i' : `i/${inner}`)})`
    : write(property);
}

const columns: readonly (readonly [column: keyof PropertyRow, write: (path: string) => string])[] = [
  ['eq', (path) => `${path} eq 'x'`],
  ['eq', (path) => `${path} in ('x','y')`],
  ['startsWith', (path) => `startsWith(${path},'x')`],
  ['range', (path) => `${path} ge 2026-01-01T00:00:00Z`],
  ['range', (path) => `${path} le 2026-01-01T00:00:00Z`],
  ['null', (path) => `${path} eq null`],
];

function rowsOf(type: string, table: PropertyTable) {
  return table.rows.flatMap((row) =>
    row.properties.flatMap((property) =>
      columns.flatMap(([column, write]) => {
        const support = row[column];
        return typeof support === 'string' && ['D', 'A', 'O'].includes(support)
          ? [{ type, property, filter: clause(property, write), support: support as Support }]
          : [];
      }),
    ),
  );
}

/** A filter for each cell of each table, and how the table says that it is supported. */
export const everyCell = Object.entries(propertyTables).flatMap(([type, table]) => rowsOf(type, table));
