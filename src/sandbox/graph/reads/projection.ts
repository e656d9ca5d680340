import type { Entity } from '../../entity-store.ts';
import { defaultUserProperties, mailboxProperties, onSelectOnly } from '../model/default-projection.ts';
import { kindOf, propertiesOf } from '../model/properties.ts';
import type { TypedEntity } from './entity-source.ts';

export type Projector = (item: TypedEntity) => Record<string, unknown>;

export interface ProjectionOptions {
  /** Selected property names in the model's spelling; undefined: the default projection. */
  readonly select: readonly string[] | undefined;
  /** Bodies of mixed lists name each object's type. */
  readonly withType: boolean;
}

/** Shows an entity the way the service does: the default properties of its type, or the selected ones. */
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
    const body: Record<string, unknown> = withType ? { '@odata.type': `#microsoft.graph.${type}` } : {};
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

/** Objects that were placed as given show what they have, whether the model knows it or not. */
function addPlacedProperties(body: Record<string, unknown>, entity: Entity, type: string): void {
  const hidden = onSelectOnly[type] ?? [];
  for (const [name, value] of Object.entries(entity)) {
    if (!(name in body) && !hidden.includes(name) && !mailboxProperties.includes(name)) body[name] = value;
  }
}
