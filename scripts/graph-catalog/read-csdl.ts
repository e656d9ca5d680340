/** A type of the metadata document, with short names: `user`, `security.alert`. */
export interface CsdlType {
  readonly kind: 'entity' | 'complex' | 'enum';
  readonly name: string;
  base: string | undefined;
  isOpen: boolean;
  /** Its members are left out. */
  readonly isNamedOnly?: boolean;
  readonly properties: CsdlMember[];
  readonly navigation: CsdlMember[];
  /** Members of an enumeration. */
  readonly values: string[];
}

export interface CsdlMember {
  readonly name: string;
  readonly type: string;
  readonly isCollection: boolean;
  /** Navigation: the objects live below their parent; without it, they are only referred to. */
  readonly isContained: boolean;
}

/** An action or function that is bound to a type or to its collection. */
export interface CsdlOperation {
  readonly kind: 'action' | 'function';
  readonly name: string;
  readonly parameters: CsdlMember[];
  binding: CsdlMember | undefined;
  returns: CsdlMember | undefined;
}

export interface CsdlRoot {
  readonly name: string;
  readonly type: string;
  readonly isCollection: boolean;
}

export interface Csdl {
  readonly types: CsdlType[];
  readonly operations: CsdlOperation[];
  readonly roots: CsdlRoot[];
}

type Attributes = Readonly<Record<string, string>>;

/** Opening tags of the document with their attributes. Text between tags is not used by CSDL. */
function* openingTags(xml: string): Generator<{ readonly name: string; readonly attributes: Attributes }> {
  for (const [, name = '', rest = ''] of xml.matchAll(/<([\w:]+)((?:\s+[\w:.]+="[^"]*")*)\s*\/?>/g)) {
    const pairs = [...rest.matchAll(/([\w:.]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value] as const);
    yield { name, attributes: Object.fromEntries(pairs) };
  }
}

/** Names within `microsoft.graph` lose the namespace, those of other namespaces only `microsoft.graph.`. */
function shortName(name: string, aliases: ReadonlyMap<string, string>): string {
  const dot = name.lastIndexOf('.');
  const space = dot < 0 ? '' : name.slice(0, dot);
  const full = `${aliases.get(space) ?? space}.${name.slice(dot + 1)}`;
  return full.replace(/^microsoft\.graph\./, '');
}

class CsdlReader {
  readonly #csdl: Csdl = { types: [], operations: [], roots: [] };
  readonly #aliases = new Map<string, string>();
  #namespace = '';
  #type: CsdlType | undefined;
  #operation: CsdlOperation | undefined;

  read(xml: string): Csdl {
    const tags = [...openingTags(xml)];
    // A schema may use the alias of another one.
    for (const { name, attributes } of tags) {
      const alias = name === 'Schema' ? attributes['Alias'] : undefined;
      if (alias !== undefined) this.#aliases.set(alias, attributes['Namespace'] ?? '');
    }
    for (const { name, attributes } of tags) this.#take(name, attributes);
    return this.#csdl;
  }

  #take(tag: string, attributes: Attributes): void {
    const name = attributes['Name'] ?? '';
    if (tag === 'Schema') {
      this.#namespace = attributes['Namespace'] ?? '';
    } else if (tag === 'EntityType' || tag === 'ComplexType' || tag === 'EnumType') {
      this.#beginType(tag, name, attributes);
    } else if (tag === 'Property') {
      this.#type?.properties.push(this.#member(name, attributes));
    } else if (tag === 'NavigationProperty') {
      this.#type?.navigation.push(this.#member(name, attributes));
    } else if (tag === 'Member') {
      this.#type?.values.push(name);
    } else if (tag === 'Action' || tag === 'Function') {
      this.#beginOperation(tag, name);
    } else if (tag === 'Parameter') {
      this.#takeParameter(this.#member(name, attributes));
    } else if (tag === 'ReturnType') {
      if (this.#operation !== undefined) this.#operation.returns = this.#member('', attributes);
    } else if (tag === 'EntitySet' || tag === 'Singleton') {
      const type = shortName(attributes['EntityType'] ?? attributes['Type'] ?? '', this.#aliases);
      this.#csdl.roots.push({ name, type, isCollection: tag === 'EntitySet' });
    }
  }

  #beginType(tag: 'EntityType' | 'ComplexType' | 'EnumType', name: string, attributes: Attributes): void {
    const kinds = { EntityType: 'entity', ComplexType: 'complex', EnumType: 'enum' } as const;
    const base = attributes['BaseType'];
    this.#type = {
      kind: kinds[tag],
      name: shortName(`${this.#namespace}.${name}`, this.#aliases),
      base: base === undefined ? undefined : shortName(base, this.#aliases),
      isOpen: attributes['OpenType'] === 'true',
      properties: [],
      navigation: [],
      values: [],
    };
    this.#csdl.types.push(this.#type);
  }

  #beginOperation(tag: 'Action' | 'Function', name: string): void {
    const kind = tag === 'Action' ? 'action' : 'function';
    const space = this.#namespace.replace(/^microsoft\.graph\.?/, '');
    const full = space === '' ? name : `${space}.${name}`;
    this.#operation = { kind, name: full, parameters: [], binding: undefined, returns: undefined };
    this.#csdl.operations.push(this.#operation);
  }

  /** The first parameter of a bound operation is what it is bound to; all of Graph's are. */
  #takeParameter(parameter: CsdlMember): void {
    if (this.#operation === undefined) return;
    if (this.#operation.binding === undefined) {
      this.#operation.binding = parameter;
    } else {
      this.#operation.parameters.push(parameter);
    }
  }

  #member(name: string, attributes: Attributes): CsdlMember {
    const [, inner] = /^Collection\((.*)\)$/.exec(attributes['Type'] ?? '') ?? [];
    return {
      name,
      type: shortName(inner ?? attributes['Type'] ?? '', this.#aliases),
      isCollection: inner !== undefined,
      isContained: attributes['ContainsTarget'] === 'true',
    };
  }
}

/** Reads the metadata document (CSDL XML) of one version of Microsoft Graph. */
export function readCsdl(xml: string): Csdl {
  return new CsdlReader().read(xml);
}
