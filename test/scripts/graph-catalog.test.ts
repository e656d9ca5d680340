import { expect, test } from 'vitest';
import { buildCatalog } from '../../scripts/graph-catalog/build-catalog.ts';
import { openCatalog } from '../../src/core/apis/graph/catalog/load-catalog.ts';
import { walkPath } from '../../src/core/apis/graph/catalog/walk-path.ts';

// A tenant in small: the quirks of the real data, a line each.

const csdl = `
<Schema Namespace="microsoft.graph" Alias="graph">
  <EnumType Name="state"><Member Name="on" Value="0" /><Member Name="unknownFutureValue" Value="1" /></EnumType>
  <EntityType Name="entity" Abstract="true"><Property Name="id" Type="Edm.String" /></EntityType>
  <EntityType Name="directoryObject" BaseType="graph.entity" OpenType="true" />
  <EntityType Name="thing" BaseType="graph.directoryObject">
    <Property Name="displayName" Type="Edm.String" />
    <Property Name="isOn" Type="Edm.Boolean" />
    <Property Name="states" Type="Collection(graph.state)" />
    <NavigationProperty Name="owners" Type="Collection(graph.directoryObject)" />
    <NavigationProperty Name="parts" Type="Collection(self.part)" ContainsTarget="true" />
  </EntityType>
  <EntityType Name="unusedThing" BaseType="graph.entity"><Property Name="secretName" Type="Edm.String" /></EntityType>
  <Action Name="ring" IsBound="true">
    <Parameter Name="bindingParameter" Type="graph.thing" /><Parameter Name="times" Type="Edm.Int32" />
  </Action>
  <EntityContainer Name="GraphService"><EntitySet Name="things" EntityType="microsoft.graph.thing" /></EntityContainer>
</Schema>
<Schema Namespace="microsoft.graph.spare" Alias="self">
  <EntityType Name="part" BaseType="graph.entity"><Property Name="serialNumber" Type="Edm.Int64" /></EntityType>
</Schema>`;

interface Permission {
  readonly level: number;
  readonly paths: Readonly<Record<string, string>>;
  readonly methods: readonly string[];
  /** Without an id it cannot be granted. */
  readonly isGrantable?: boolean;
}

const permissions: Readonly<Record<string, Permission>> = {
  'Thing.Read.All': {
    level: 3,
    methods: ['GET'],
    paths: {
      '/things': 'least=DelegatedWork,Application',
      '/things/{id}': 'least=Application',
      '/Things/{thing-id}/parts/': '',
    },
  },
  'Thing.ReadWrite.All': {
    level: 3,
    methods: ['GET', 'POST'],
    paths: { '/things': 'least=DelegatedWork,Application', '/things/{id}/owners': '', '/things/{id}/ring': '' },
  },
  'Thing-Colour.Read.All': {
    level: 1,
    methods: ['GET'],
    paths: { '/things/{id}': 'least=Application', '/things/{id}/parts': 'least=Application' },
  },
  'Thing.Read.Group': { level: 1, methods: ['GET'], paths: { '/things/{id}': 'least=Application' } },
  'Ghost.Read.All': { level: 1, methods: ['GET'], paths: { '/things': 'least=Application' }, isGrantable: false },
  'New.Read.All': {
    level: 2,
    methods: ['GET'],
    paths: { '/things/{id}/newParts': '', '/things/{id}/newParts/{id}': '', '/things/{id}/newParts/{id}/more': '' },
  },
  'Pair.ReadWrite.All': {
    level: 4,
    methods: ['PATCH'],
    paths: { '/things(appId={value})': 'least=Application;AlsoRequires=Thing.Read.All' },
  },
};

const id = (index: number) => `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`;
const schemes = ['Application', 'DelegatedWork'];
const inputs = {
  csdl,
  permissions: JSON.stringify({
    permissions: Object.fromEntries(
      Object.entries(permissions).map(([name, { level, paths, methods }]) => [
        name,
        {
          schemes: Object.fromEntries(
            schemes.map((one) => [one, { adminDisplayName: `Use ${name}`, privilegeLevel: level }]),
          ),
          pathSets: [{ schemeKeys: schemes, methods, paths }],
        },
      ]),
    ),
  }),
  provisioning: JSON.stringify({
    permissionDeployments: Object.fromEntries(
      Object.entries(permissions).map(([name, { isGrantable = true }], index) => [
        name,
        schemes.map((scheme) => ({
          id: isGrantable ? id(index) : '',
          scheme,
          environment: 'public',
          isHidden: false,
          isEnabled: true,
        })),
      ]),
    ),
  }),
};
const catalog = openCatalog(buildCatalog(inputs), 'a test');

test('the same inputs give the same catalog, byte for byte', () => {
  expect(JSON.stringify(buildCatalog(inputs))).toBe(JSON.stringify(buildCatalog(inputs)));
});

test('of several marks, the lowest level wins, then reading for a read; what cannot be granted is never the least', () => {
  expect(catalog.operations.find('GET', '/things')?.application).toEqual({
    least: ['Thing.Read.All'],
    accepted: ['Thing.Read.All', 'Ghost.Read.All', 'Thing.ReadWrite.All'],
  });
  expect(catalog.operations.find('POST', '/things')?.application.least).toEqual(['Thing.ReadWrite.All']);
});

test('a permission for one property or one group is the least of an operation only where no other is marked', () => {
  expect(catalog.operations.find('GET', '/things/1')?.application.least).toEqual(['Thing.Read.All']);
  expect(catalog.operations.find('GET', '/things/1/parts')?.application.least).toEqual(['Thing-Colour.Read.All']);
});

test('permissions that are needed together stand together, also at another key', () => {
  expect(catalog.operations.find('PATCH', "/things(appId='x')")?.application.least).toEqual([
    'Pair.ReadWrite.All',
    'Thing.Read.All',
  ]);
  expect(catalog.operations.find('PATCH', '/things/1')?.path).toBe('/things/{id}');
});

test('paths have the spelling of the model, whatever the data writes', () => {
  expect(catalog.operations.find('GET', '/THINGS/1/Parts')?.path).toBe('/things/{id}/parts');
});

test('what the model lacks is beta only, and is kept one level deep', () => {
  expect(catalog.operations.find('GET', '/things/1/newParts')).toMatchObject({ isBetaOnly: true });
  expect(catalog.operations.find('GET', '/things/1/newParts/2')).toMatchObject({ isBetaOnly: true });
  expect(catalog.operations.find('GET', '/things/1/newParts/2/more')).toBeUndefined();
});

test('types that an operation names are whole, others have only their name', () => {
  const { types } = catalog;
  expect(types.properties('thing').map(({ name, type }) => `${name}: ${type}`)).toEqual([
    'displayName: string',
    'isOn: boolean',
    'states: state',
    'id: string',
  ]);
  expect(types.find('spare.part')?.properties).toMatchObject([{ name: 'serialNumber', type: 'int64' }]);
  expect(types.find('state')?.values).toEqual(['on']);
  expect(types.find('unusedThing')).toMatchObject({ isNamedOnly: true, properties: [] });
  expect(walkPath(types, '/things/1/ring')).toMatchObject({
    end: 'action',
    operation: { parameters: [{ name: 'times' }] },
  });
});

test('app roles are found by their permission', () => {
  expect(catalog.permission('Thing.ReadWrite.All')?.appRoleId).toBe(id(1));
  expect(catalog.permission('Ghost.Read.All')).not.toHaveProperty('appRoleId');
});
