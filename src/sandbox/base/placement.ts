import type * as z from 'zod';
import { ControlInputError, describeProblems } from './control-input.ts';
import type { PlainObject } from './plain-object.ts';

/** What tests place with `placeObject`: objects of a service and settings that control its behaviour. */
export interface Placement<Setting extends string = string> {
  place(type: string, object: PlainObject): void;
  /** Placed settings of a type, oldest first. */
  settings(type: Setting): readonly PlainObject[];
  clear(): void;
}

/** Places an object of one type. */
export type Placer = (object: PlainObject, type: string) => void;

interface PlacementOptions<Setting extends string> {
  /** The service to name in messages. */
  readonly owner?: string;
  readonly objects: Readonly<Record<string, Placer>>;
  /** The members that each setting can have; undefined allows any. */
  readonly settings: Readonly<Record<Setting, readonly string[] | undefined>>;
}

/** Throws `ControlInputError`, with the valid choices, for what cannot be placed. */
export function createPlacement<Setting extends string>({
  owner,
  objects,
  settings,
}: PlacementOptions<Setting>): Placement<Setting> {
  let placed: { readonly type: string; readonly object: PlainObject }[] = [];
  const isSetting = (type: string): type is Setting => Object.hasOwn(settings, type);
  return {
    place(type, object) {
      if (isSetting(type)) {
        checkMembers(type, object, settings[type]);
        placed.push({ type, object });
        return;
      }
      const placeOne = Object.hasOwn(objects, type) ? objects[type] : undefined;
      if (placeOne) return placeOne(object, type);
      const valid = [...Object.keys(objects), ...Object.keys(settings)].join(', ');
      throw new ControlInputError(`type: '${type}' is not known${owner ? ` for ${owner}` : ''}. Valid: ${valid}.`);
    },
    settings: (type) => placed.filter((one) => one.type === type).map(({ object }) => object),
    clear() {
      placed = [];
    },
  };
}

function checkMembers(type: string, object: PlainObject, names: readonly string[] | undefined): void {
  const unknown = names && Object.keys(object).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ControlInputError(`object.${unknown}: not known in ${type}. Valid: ${names?.join(', ')}.`);
}

/** Places what the schema accepts. With `listsMembers`, errors list the valid members. */
export function placerOf<S extends z.ZodObject>(
  schema: S,
  place: (given: z.infer<S>) => void,
  { listsMembers = false } = {},
): Placer {
  return (object, type) => {
    const parsed = schema.safeParse(object);
    if (parsed.success) return place(parsed.data);
    const valid = listsMembers ? ` Valid: ${Object.keys(schema.shape).join(', ')}.` : '';
    throw new ControlInputError(`${describeProblems(parsed.error, type)}.${valid}`);
  };
}
