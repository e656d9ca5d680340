import { badRequest, GraphError } from '../graph-error.ts';
import { mailboxProperties } from '../model/default-projection.ts';
import { modelTypes } from '../model/navigation.ts';
import { kindOf, propertiesOf } from '../model/properties.ts';

/** Types of the objects in a list of `directoryObject`s. */
const directoryTypes = Object.keys(modelTypes).filter((name) => modelTypes[name]?.base === 'directoryObject');

/** Types that a list of `type` can hold. */
export function memberTypesOf(type: string): readonly string[] {
  return type === 'directoryObject' ? directoryTypes : [type];
}

/** A structural property in the model's spelling, found ignoring case. */
export function findProperty(type: string, name: string): string | undefined {
  for (const member of memberTypesOf(type)) {
    if (kindOf(member, name)) return name;
    const found = propertiesOf(member).find((one) => one.toLowerCase() === name.toLowerCase());
    if (found) return found;
  }
  return undefined;
}

export interface SelectOptions {
  readonly type: string;
  /** Some user properties are not available on the collection. */
  readonly isCollection: boolean;
}

/**
 * Names in a `$select`; undefined for the default properties. Throws 400 for a name that the type does not have, and
 * 501 for a property available only on a single object.
 */
export function parseSelect(
  text: string | undefined,
  { type, isCollection }: SelectOptions,
): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw badRequest('Parsing OData Select and Expand failed: Term in the $select query option is empty.');
  }
  if (names.includes('*')) return undefined;
  const selected: string[] = [];
  for (const name of names) {
    const property = findProperty(type, name.split('/', 1)[0] ?? '');
    if (!property) {
      if (isNavigation(type, name)) continue;
      throw unknownProperty(name, type, 'Parsing OData Select and Expand failed: ');
    }
    if (isCollection && type === 'user' && mailboxProperties.includes(property)) {
      throw new GraphError(501, 'NotImplemented', 'This operation target is not yet supported.');
    }
    if (!selected.includes(property)) selected.push(property);
  }
  return selected;
}

function isNavigation(type: string, name: string): boolean {
  return memberTypesOf(type).some((member) =>
    Object.keys(modelTypes[member]?.navigation ?? {}).some((one) => one.toLowerCase() === name.toLowerCase()),
  );
}

export function unknownProperty(name: string, type: string, lead = ''): GraphError {
  return badRequest(`${lead}Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`);
}
