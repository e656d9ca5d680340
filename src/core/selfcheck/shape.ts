import { isRecord } from '../base/guards.ts';
import { type Forms, formAmong, formInWords, formsInWords, kindOf, strangerInWords } from './forms.ts';
import type { Mismatch } from './self-check.ts';

/** What an answer is assumed to look like. Text: the forms of one value. */
export type Shape = Forms | ObjectShape | ListShape;

export interface ObjectShape {
  readonly kind: 'object';
  /** By name; a name with `?` at its end may be absent. */
  readonly members: Readonly<Record<string, Shape>>;
  /** The documentation names all members: another one is a difference. */
  readonly exact: boolean;
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
}

type Members = ObjectShape['members'];

export const object = (members: Members): ObjectShape => ({ kind: 'object', members, exact: false });
/** With these members and no others, annotations apart. */
export const exactly = (members: Members): ObjectShape => ({ kind: 'object', members, exact: true });
export const list = (item: Shape): ListShape => ({ kind: 'list', item });

/** What was found in an answer: forms by the paths of known members, and how much nobody knows. */
export interface SeenShape {
  readonly members: Readonly<Record<string, string>>;
  /** Members that the assumption does not name; their names may be the tenant's own. */
  readonly unknownMembers: number;
}

export interface ShapeComparison extends SeenShape {
  readonly mismatches: readonly Mismatch[];
}

/** What is compared when it is no member of anything. */
const wholeAnswer = 'the answer';

/** Items of a list that are looked at. */
const mostItems = 100;

/** Compares a JSON value with its assumed shape. Of the value itself nothing is returned. */
export function compareShape(shape: Shape, value: unknown): ShapeComparison {
  const comparison = new Comparison();
  comparison.compare(shape, value, '');
  return comparison.result();
}

class Comparison {
  readonly #forms = new Map<string, Set<string>>();
  readonly #mismatches = new Map<string, Mismatch>();
  readonly #unknown = new Set<string>();

  compare(shape: Shape, value: unknown, path: string): void {
    if (typeof shape === 'string') {
      this.#compareForm(shape, value, path);
    } else if (shape.kind === 'list') {
      this.#compareList(shape, value, path);
    } else {
      this.#compareObject(shape, value, path);
    }
  }

  result(): ShapeComparison {
    const members = Array.from(
      this.#forms,
      ([path, forms]) => [path || wholeAnswer, [...forms].sort().join(' or ')] as const,
    );
    return {
      members: Object.fromEntries(members),
      unknownMembers: this.#unknown.size,
      mismatches: [...this.#mismatches.values()],
    };
  }

  #compareForm(forms: Forms, value: unknown, path: string): void {
    const form = formAmong(forms, value);
    this.#see(path, form === undefined ? strangerInWords(forms, value) : formInWords(form));
    if (form === undefined) this.#differs(path, formsInWords(forms), strangerInWords(forms, value));
  }

  #compareList({ item }: ListShape, value: unknown, path: string): void {
    this.#see(path, kindOf(value));
    if (!Array.isArray(value)) {
      this.#differs(path, 'array', kindOf(value));
      return;
    }
    for (const one of value.slice(0, mostItems)) this.compare(item, one, `${path}[]`);
  }

  #compareObject({ members, exact }: ObjectShape, value: unknown, path: string): void {
    if (path !== '') this.#see(path, kindOf(value));
    if (!isRecord(value)) {
      this.#differs(path, 'object', kindOf(value));
      return;
    }
    const known = new Set<string>();
    for (const [given, shape] of Object.entries(members)) {
      const name = given.replace(/\?$/, '');
      known.add(name);
      const place = path === '' ? name : `${path}.${name}`;
      if (Object.hasOwn(value, name)) {
        this.compare(shape, value[name], place);
      } else if (!given.endsWith('?')) {
        this.#see(place, 'absent');
        this.#differs(place, inWords(shape), 'absent');
      }
    }
    this.#countUnknown(Object.keys(value), known, { path, exact });
  }

  #countUnknown(
    names: readonly string[],
    known: ReadonlySet<string>,
    { path, exact }: { readonly path: string; readonly exact: boolean },
  ): void {
    const others = names.filter((name) => !known.has(name));
    for (const name of others) this.#unknown.add(`${path} ${name}`);
    // Annotations may come with any answer.
    const isMore = exact && others.some((name) => !name.includes('@'));
    if (isMore) this.#differs(path, 'no other members', 'other members');
  }

  #see(path: string, form: string): void {
    const seen = this.#forms.get(path) ?? new Set();
    this.#forms.set(path, seen.add(form));
  }

  #differs(path: string, assumed: string, seen: string): void {
    const what = path || wholeAnswer;
    this.#mismatches.set(`${what} ${seen}`, { what, assumed, seen });
  }
}

function inWords(shape: Shape): string {
  if (typeof shape === 'string') return formsInWords(shape);
  return shape.kind === 'list' ? 'array' : 'object';
}
