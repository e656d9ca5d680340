import type { SandboxRequest, SandboxResponse } from '../base/service.ts';
import { complexTypeOf } from './model/complex-types.ts';
import { type ModelType, modelTypes } from './model/navigation.ts';
import { kindOf, type PropertyKind, propertiesOf } from './model/properties.ts';

/** `$metadata` needs no token, as in the service. */
export function isMetadataRequest({ method, rawPath }: SandboxRequest): boolean {
  return method === 'GET' && /^\/(?:v1\.0|beta)\/(?:\$|%24)metadata\/?$/i.test(rawPath);
}

/**
 * The entity types, properties and relationships that the sandbox emulates, as a CSDL document. Of complex types it
 * knows the names only; enumerations are texts. Source of the form: OData CSDL XML 4.01, and `$metadata` of v1.0.
 */
export function answerMetadata(): SandboxResponse {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: document() };
}

function document(): string {
  const types = Object.entries(modelTypes).filter(([name]) => name !== 'root');
  const schema = [
    '<EntityType Name="entity" Abstract="true"><Key><PropertyRef Name="id" /></Key><Property Name="id" Type="Edm.String" Nullable="false" /></EntityType>',
    ...types.map(([name, type]) => entityType(name, type)),
    ...[...complexTypes()].toSorted().map((name) => `<ComplexType Name="${name}" OpenType="true" />`),
    ...types.filter(([, type]) => type.collectionOperations?.includes('delta')).map(([name]) => delta(name)),
    container(),
  ].join('');
  return `<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">${schema}</Schema></edmx:DataServices></edmx:Edmx>`;
}

function entityType(name: string, { base = 'entity', navigation }: ModelType): string {
  const inherited = new Set(['id', ...(base === 'entity' ? [] : propertiesOf(base))]);
  const properties = propertiesOf(name)
    .filter((property) => !inherited.has(property))
    .map((property) => `<Property Name="${property}" Type="${edmType(kindOf(name, property), property)}" />`);
  const relations = Object.entries(navigation).map(
    ([property, target]) => `<NavigationProperty Name="${property}" Type="${targetType(target)}" />`,
  );
  return `<EntityType Name="${name}" BaseType="graph.${base}">${[...properties, ...relations].join('')}</EntityType>`;
}

function targetType(target: string): string {
  return target.endsWith('*') ? `Collection(graph.${target.slice(0, -1)})` : `graph.${target}`;
}

const edmTypes: Readonly<Partial<Record<PropertyKind, string>>> = {
  string: 'Edm.String',
  boolean: 'Edm.Boolean',
  date: 'Edm.DateTimeOffset',
  guid: 'Edm.Guid',
  number: 'Edm.Int32',
  strings: 'Collection(Edm.String)',
};

function edmType(kind: PropertyKind | undefined, property: string): string {
  const primitive = kind && edmTypes[kind];
  if (primitive) return primitive;
  const complex = `graph.${complexTypeOf(property)}`;
  return kind === 'complexes' ? `Collection(${complex})` : complex;
}

function complexTypes(): ReadonlySet<string> {
  const names = Object.keys(modelTypes).flatMap((type) =>
    propertiesOf(type)
      .filter((property) => ['complex', 'complexes'].includes(kindOf(type, property) ?? ''))
      .map(complexTypeOf),
  );
  return new Set(names);
}

function delta(type: string): string {
  const list = `Collection(graph.${type})`;
  return `<Function Name="delta" IsBound="true"><Parameter Name="bindingParameter" Type="${list}" /><ReturnType Type="${list}" /></Function>`;
}

function container(): string {
  const sets = Object.entries(modelTypes['root']?.navigation ?? {}).map(([name, target]) =>
    target.endsWith('*')
      ? `<EntitySet Name="${name}" EntityType="graph.${target.slice(0, -1)}" />`
      : `<Singleton Name="${name}" Type="graph.${target}" />`,
  );
  return `<EntityContainer Name="GraphService">${sets.join('')}</EntityContainer>`;
}
