import type { Entity } from '../../base/entity-store.ts';
import { defaultUserProperties, mailboxProperties, onSelectOnly } from '../model/default-projection.ts';
import { modelTypes } from '../model/navigation.ts';
import { kindOf, propertiesOf } from '../model/properties.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import type { Expansion } from '../query/expand.ts';
import type { TypedEntity } from './entity-source.ts';
import { relatedIds } from './relationships.ts';
import { isEntityType } from './resolve-entity.ts';

type Body = Record<string, unknown>;
export type Projector = (item: TypedEntity) => Body;

export interface ProjectionOptions {
  /** Selected property names in the model's spelling; undefined for the default properties. */
  readonly select: readonly string[] | undefined;
  /** Whether bodies include `@odata.type`, as in mixed lists. */
  readonly withType: boolean;
}

/** Projects an entity as the service does: with the default properties of its type, or the selected ones. */
export function createProjector({ select, withType }: ProjectionOptions): Projector {
  const namesByType = new Map<string, readonly string[]>();
  const namesFor = (type: string) => {
    const known = namesByType.get(type);
    if (known) return known;
    const names = select ? select.filter((name) => kindOf(type, name)) : defaultNames(type);
    namesByType.set(type, names);
    return names;
  };
  return ({ type, entity }) => {
    const body: Body = withType ? { '@odata.type': `#microsoft.graph.${type}` } : {};
    for (const name of namesFor(type)) body[name] = shownValue(type, entity, name);
    if (!select && type !== 'user') addPlacedProperties(body, entity, type);
    return body;
  };
}

function defaultNames(type: string): readonly string[] {
  if (type === 'user') return defaultUserProperties;
  const hidden = onSelectOnly[type];
  const names = propertiesOf(type);
  return hidden ? names.filter((name) => !hidden.includes(name)) : names;
}

function shownValue(type: string, entity: Entity, name: string): unknown {
  const value = entity[name];
  if (value !== undefined) return value;
  const kind = kindOf(type, name);
  return kind === 'strings' || kind === 'complexes' ? [] : null;
}

/** Objects placed as given show all their properties, even unknown ones. */
function addPlacedProperties(body: Body, entity: Entity, type: string): void {
  const hidden = onSelectOnly[type] ?? [];
  for (const [name, value] of Object.entries(entity)) {
    if (!(name in body) && !hidden.includes(name) && !mailboxProperties.includes(name)) body[name] = value;
  }
}

const maxExpanded = 20;

/** Adds the first 20 objects of a relationship to a body, without a link to the rest. */
export function expandInto(body: Body, owner: TypedEntity, expansion: Expansion, context: GraphCallContext): Body {
  const { navigation, select, levels } = expansion;
  const target = modelTypes[owner.type]?.navigation[navigation];
  if (!target) return body;
  const items = expandedItems(owner, navigation, target.replace('*', ''), context);
  const project = createProjector({ select, withType: target.startsWith('directoryObject') });
  if (target.endsWith('*')) return { ...body, [navigation]: items.map(project) };
  const [one] = items;
  if (!one) return body;
  const inner = project(one);
  return { ...body, [navigation]: levels ? expandInto(inner, one, expansion, context) : inner };
}

function expandedItems(owner: TypedEntity, navigation: string, target: string, { store }: GraphCallContext) {
  const items: TypedEntity[] = [];
  for (const id of relatedIds(owner, navigation, store) ?? []) {
    if (items.length === maxExpanded) break;
    const type = isEntityType(target) ? target : store.typeOf(id);
    const entity = type && store.get(type, id);
    if (type && entity) items.push({ type, entity });
  }
  return items;
}
