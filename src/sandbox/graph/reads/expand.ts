import { modelTypes } from '../model/navigation.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import type { Expansion } from '../query/expand.ts';
import { isEntityType, type TypedEntity } from './entity-source.ts';
import { createProjector } from './projection.ts';
import { relatedIds } from './relationships.ts';

const maxExpanded = 20;

/** Adds the objects of a relationship to a body: the first 20, without a link to the rest. */
export function expandInto(
  body: Record<string, unknown>,
  owner: TypedEntity,
  expansion: Expansion,
  context: GraphCallContext,
): Record<string, unknown> {
  const { navigation } = expansion;
  const target = modelTypes[owner.type]?.navigation[navigation];
  if (!target) return body;
  const items = load(owner, navigation, context);
  const isMixed = target.startsWith('directoryObject');
  const project = createProjector({ select: expansion.select, withType: isMixed });
  if (target.endsWith('*')) return { ...body, [navigation]: items.slice(0, maxExpanded).map(project) };
  const [one] = items;
  if (!one) return body;
  const inner = project(one);
  return { ...body, [navigation]: expansion.levels ? expandInto(inner, one, expansion, context) : inner };
}

function load(owner: TypedEntity, navigation: string, { store }: GraphCallContext): readonly TypedEntity[] {
  const target = modelTypes[owner.type]?.navigation[navigation]?.replace('*', '') ?? '';
  const ids = relatedIds(owner, navigation, store) ?? [];
  const items: TypedEntity[] = [];
  for (const id of ids) {
    if (items.length === maxExpanded) break;
    const type = isEntityType(target) ? target : store.typeOf(id);
    const entity = type && store.get(type, id);
    if (type && entity) items.push({ type, entity });
  }
  return items;
}
