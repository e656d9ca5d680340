import { kindOf, type PropertyKind } from '../model/properties.ts';
import { badFilter, type Literal, type LiteralKind } from './filter-tokens.ts';
import { findProperty, memberTypesOf } from './select.ts';

/** Kinds of complex-type properties that are not strings, by path in the filter tables. */
const nestedKinds: Readonly<Record<string, PropertyKind>> = {
  'assignedlicenses/any/skuid': 'guid',
  'assignedplans/any/serviceplanid': 'guid',
  'onpremisessipinfo/issipenabled': 'boolean',
  'cloudrealtimecommunicationinfo/issipenabled': 'boolean',
  'passwordprofile/forcechangepasswordnextsignin': 'boolean',
  'passwordprofile/forcechangepasswordnextsigninwithmfa': 'boolean',
  'alternativesecurityids/any/type': 'number',
  'signinactivity/lastsignindatetime': 'date',
  'signinactivity/lastnoninteractivesignindatetime': 'date',
  'status/errorcode': 'number',
};

const edmNames: Readonly<Record<PropertyKind | LiteralKind, string>> = {
  string: 'Edm.String',
  strings: 'Edm.String',
  boolean: 'Edm.Boolean',
  date: 'Edm.DateTimeOffset',
  guid: 'Edm.Guid',
  number: 'Edm.Int32',
  null: 'Edm.Null',
  complex: 'Edm.String',
  complexes: 'Edm.String',
};

const operatorNames: Readonly<Record<string, string>> = {
  eq: 'Equal',
  ne: 'NotEqual',
  ge: 'GreaterThanOrEqual',
  le: 'LessThanOrEqual',
  gt: 'GreaterThan',
  lt: 'LessThan',
  has: 'Has',
};

/** Refuses a value whose type differs from the property: a quoted GUID or date, an unquoted string. */
export function checkLiteral(path: string, literal: Literal, operator: string, type: string): void {
  if (literal.kind === 'null') return;
  const kind = kindOfPath(path, type);
  if (!kind) return;
  const expected = kind === 'strings' || kind === 'complex' || kind === 'complexes' ? 'string' : kind;
  if (expected === literal.kind) return;
  throw badFilter(
    `A binary operator with incompatible types was detected. Found operand types '${edmNames[expected]}' and '${edmNames[literal.kind]}' for operator kind '${operatorNames[operator] ?? operator}'.`,
  );
}

function kindOfPath(path: string, type: string): PropertyKind | undefined {
  const nested = nestedKinds[path.toLowerCase()];
  if (nested) return nested;
  const segments = path.split('/').filter((segment) => segment !== 'any');
  // Other properties of complex types are strings.
  if (segments.length > 1) return 'string';
  const name = findProperty(type, segments[0] ?? '');
  if (!name) return undefined;
  const owner = memberTypesOf(type).find((member) => kindOf(member, name));
  return owner ? kindOf(owner, name) : undefined;
}
