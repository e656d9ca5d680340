import { isRecord } from '../base/guards.ts';

/** What a request needs and nothing that was answered has. `what` is a word of ours: `user`. */
export class MissingFact extends Error {
  override readonly name = 'MissingFact';
  readonly what: string;

  constructor(what: string) {
    super(what);
    this.what = what;
  }
}

/** Names of facts, and what a person calls them. */
const factNames = {
  subscription: 'subscription',
  user: 'user',
  group: 'group',
  resource_group: 'resource group',
  workspace: 'ML workspace',
  project: 'project',
  endpoint: 'service connection',
  index: 'index',
  skip_token: 'second page',
} as const;

export type FactName = keyof typeof factNames;

function isFact(name: string): name is FactName {
  return Object.hasOwn(factNames, name);
}

/** Ids and names that later requests need. They stay in this object: no report has them. */
export class Facts {
  /** The first is used; the others are for when it has not what is looked for. */
  readonly #known = new Map<FactName, readonly string[]>();

  constructor(known: Readonly<Partial<Record<FactName, string>>>) {
    for (const [name, value] of Object.entries(known)) this.learn(name, [value]);
  }

  /** What is known already stays. */
  learn(name: string, values: readonly string[]): void {
    const given = values.filter((value) => value !== '');
    if (isFact(name) && given.length > 0 && !this.#known.has(name)) this.#known.set(name, given);
  }

  /** Goes on to the next value; false when this was the last, which then stays. */
  next(name: FactName): boolean {
    const [, ...others] = this.#known.get(name) ?? [];
    if (others.length > 0) this.#known.set(name, others);
    return others.length > 0;
  }

  /** A path with its facts, each as one segment; ids of Azure, which are paths themselves, as theirs. */
  fill(path: string): string {
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = this.#get(name);
      return value.split('/').map(encodeURIComponent).join('/');
    });
  }

  text(value: string | number): string | number {
    return typeof value === 'number' ? value : value.replace(/\{(\w+)\}/g, (_, name: string) => this.#get(name));
  }

  inBody(body: unknown): unknown {
    if (typeof body === 'string') return this.text(body);
    if (Array.isArray(body)) return body.map((one) => this.inBody(one));
    if (!isRecord(body)) return body;
    return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, this.inBody(value)]));
  }

  #get(name: string): string {
    const value = isFact(name) ? this.#known.get(name)?.[0] : undefined;
    if (value === undefined) throw new MissingFact(isFact(name) ? factNames[name] : name);
    return value;
  }
}
