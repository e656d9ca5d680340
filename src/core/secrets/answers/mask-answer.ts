import { parseExactJson } from '../../base/exact-json.ts';
import { isRecord } from '../../base/guards.ts';
import { type AnswerRule, matches, patternsOf } from './answer-rules.ts';
import { fileAddresses, handedOn } from './graph-operations.ts';
import { isXml, maskXml } from './mask-xml.ts';
import { isOpenText, isSecretName } from './secret-members.ts';
import { isSecretChange, isSecretPlace, isSecretTree } from './secret-places.ts';
import { maskShapes, secretMark } from './secret-shapes.ts';

/** How one answer is to be read. */
export interface MaskOptions {
  readonly api: string;
  readonly rule: AnswerRule | undefined;
  /** The service refused: nothing in it is kept. */
  readonly isFailure: boolean;
  /** Type of the resource that the request is about, in lower case; empty outside Resource Manager. */
  readonly type: string;
  /** What the request names besides its answer's usual members. */
  readonly asked: AskedAddresses;
  /** Secrets of the request, longest first: an answer may repeat them anywhere. */
  readonly sent: readonly string[];
  /** Takes out what is known to be a secret. */
  readonly known: ((text: string) => string) | undefined;
}

/** Pre-authenticated addresses of files that the request names, and so may be shown. */
export interface AskedAddresses {
  readonly download: boolean;
  readonly upload: boolean;
  readonly thumbnails: boolean;
  /** The request is about thumbnails: the addresses stand at the top. */
  readonly isAboutThumbnails: boolean;
}

/** A secret that may be stored. Its place in the masked answer holds the mark until `replace` puts something else there. */
export interface FoundInAnswer {
  readonly text: string;
  /** As the service spells it: `keys[0].value`. */
  readonly member: string;
  /** The end of its life, where the answer says it beside it. */
  readonly expiresAt: string | undefined;
  replace(value: unknown): void;
}

export interface MaskedAnswer {
  /** The same value when nothing had to be masked. */
  readonly value: unknown;
  readonly kept: readonly FoundInAnswer[];
  /** Whether anything became a mark. */
  readonly isMasked: boolean;
  /** Addresses that were left out because the request does not name them. */
  readonly leftOut: number;
}

const links = patternsOf(handedOn);

/** An answer without its secrets. Nothing of the given value is changed. */
export function maskAnswer(value: unknown, options: MaskOptions): MaskedAnswer {
  const mask = new AnswerMask(options);
  const root: { value: unknown } = { value: undefined };
  root.value = mask.walk(value, { owner: root, key: 'value', siblings: undefined, type: options.type, isTree: false });
  return {
    get value() {
      return root.value;
    },
    kept: mask.kept,
    isMasked: mask.isMasked,
    leftOut: mask.leftOut,
  };
}

/** Where a value stands: the copy that will hold it, and what is known from around it. */
interface Slot {
  readonly owner: object;
  readonly key: string | number;
  readonly siblings: Readonly<Record<string, unknown>> | undefined;
  readonly type: string;
  readonly isTree: boolean;
}

class AnswerMask {
  readonly kept: FoundInAnswer[] = [];
  isMasked = false;
  leftOut = 0;
  readonly #options: MaskOptions;
  /** Names in lower case, `[]` for elements. */
  readonly #path: string[] = [];
  /** The same as the service spells it. */
  readonly #spelled: string[] = [];

  constructor(options: MaskOptions) {
    this.#options = options;
  }

  walk(value: unknown, slot: Slot): unknown {
    if (typeof value === 'string') return this.#text(value, slot);
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? this.#list(value, slot) : this.#object(value as Record<string, unknown>, slot);
  }

  #list(list: readonly unknown[], { type, isTree }: Slot): unknown {
    const copy: unknown[] = [];
    let isChanged = false;
    this.#path.push('[]');
    for (const [index, item] of list.entries()) {
      this.#spelled.push(`[${index}]`);
      copy[index] = this.walk(item, { owner: copy, key: index, siblings: undefined, type, isTree });
      this.#spelled.pop();
      isChanged ||= copy[index] !== item;
    }
    this.#path.pop();
    return isChanged ? copy : list;
  }

  #object(object: Readonly<Record<string, unknown>>, slot: Slot): unknown {
    const { api } = this.#options;
    const type = typeOf(object) ?? slot.type;
    const copy: Record<string, unknown> = {};
    let isChanged = false;
    const changed = object['path'];
    const isChange = typeof changed === 'string' && api === 'arm' && isSecretChange(changed, isSecretName);
    for (const [name, child] of Object.entries(object)) {
      const lower = name.toLowerCase();
      if (this.#isLeftOut(lower, child)) {
        this.leftOut += 1;
        isChanged = true;
        continue;
      }
      this.#path.push(lower);
      this.#spelled.push(this.#spelled.length === 0 ? name : `.${name}`);
      const isTree =
        slot.isTree ||
        (isChange && (lower === 'before' || lower === 'after')) ||
        isSecretTree({ api, path: this.#path, type });
      const masked = this.walk(child, { owner: copy, key: name, siblings: object, type, isTree });
      define(copy, name, masked);
      this.#spelled.pop();
      this.#path.pop();
      isChanged ||= masked !== child;
    }
    return isChanged ? copy : object;
  }

  #isLeftOut(name: string, value: unknown): boolean {
    const { api, asked } = this.#options;
    if (api !== 'graph' || typeof value !== 'string' || value === '') return false;
    if (fileAddresses.has(name)) return name === 'uploadurl' ? !asked.upload : !asked.download;
    if (name !== 'url' || asked.thumbnails) return false;
    return asked.isAboutThumbnails || this.#path.includes('thumbnails');
  }

  #text(text: string, slot: Slot): unknown {
    if (text === '') return text;
    const { rule, isFailure } = this.#options;
    const path = this.#path;
    const name = path.findLast((step) => step !== '[]') ?? '';
    if (rule?.open.some((one) => matches(one, path))) return this.#shaped(text, name);
    if (rule?.kept.some((one) => matches(one, path))) return isFailure ? this.#mark() : this.#keep(text, slot);
    if (rule?.masked.some((one) => matches(one, path))) return this.#mark();
    if (this.#isHandedOn(name)) return text;
    if (slot.isTree || isSecretName(name) || this.#isPlace(slot)) return this.#mark();
    if (path.length === 0 && isXml(text)) return this.#xml(text);
    if (path.length === 0 && /^\s*[[{]/.test(text)) return this.#json(text);
    if (rule?.isWhole && !this.#staysOpen(name, text)) return this.#mark();
    return this.#shaped(text, name);
  }

  /** Links that are meant for people, and addresses of files that the request names. */
  #isHandedOn(name: string): boolean {
    const { asked } = this.#options;
    const isAsked = (asked.download && fileAddresses.has(name)) || (asked.upload && name === 'uploadurl');
    return isAsked || (asked.thumbnails && name === 'url') || links.some((link) => matches(link, this.#path));
  }

  #isPlace({ type }: Slot): boolean {
    return isSecretPlace({ api: this.#options.api, path: this.#path, type });
  }

  /** Where an action hands out secrets: what names something, and why it failed. */
  #staysOpen(name: string, text: string): boolean {
    const path = this.#path;
    if (isOpenText(name, text)) return true;
    const isError = this.#options.isFailure || path[0] === 'error';
    if (!isError) return false;
    const isTop = path.length <= 2 && !path.includes('[]');
    return name === 'code' || name === 'target' || (isTop && /^(?:message|title|typekey|error)$/.test(name));
  }

  #shaped(text: string, name: string): string {
    let masked = maskShapes(text, { isPageLink: name.endsWith('nextlink') || name.endsWith('deltalink') });
    for (const secret of this.#options.sent) {
      if (masked.includes(secret)) masked = masked.replaceAll(secret, secretMark);
    }
    if (masked !== text) this.isMasked = true;
    return this.#options.known?.(masked) ?? masked;
  }

  /** JSON that was sent as plain text. */
  #json(text: string): string {
    let value: unknown;
    try {
      ({ value } = parseExactJson(text));
    } catch {
      return this.#options.rule?.isWhole ? this.#mark() : this.#shaped(text, '');
    }
    // Of a text, nothing can be taken out and named: what could be kept is masked.
    const masked = maskAnswer(value, { ...this.#options, isFailure: true });
    if (masked.value === value) return this.#options.rule?.isWhole ? this.#mark() : this.#shaped(text, '');
    this.isMasked = true;
    this.leftOut += masked.leftOut;
    return JSON.stringify(masked.value);
  }

  #xml(text: string): string {
    const masked = this.#shaped(maskXml(text, this.#options.rule?.isWhole === true), '');
    if (masked !== text) this.isMasked = true;
    return masked;
  }

  #mark(): string {
    this.isMasked = true;
    return secretMark;
  }

  #keep(text: string, { owner, key, siblings }: Slot): string {
    const expiresAt = siblings?.['endDateTime'] ?? siblings?.['expiryTime'] ?? siblings?.['expirationTime'];
    this.kept.push({
      text,
      member: this.#spelled.join(''),
      expiresAt: typeof expiresAt === 'string' ? expiresAt : undefined,
      replace: (value) => define(owner, key, value),
    });
    return this.#mark();
  }
}

/** `__proto__` may be a member of an answer, and must not become one. */
function define(owner: object, key: string | number, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(owner, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    Reflect.set(owner, key, value);
  }
}

/** Type of a resource, in lower case; undefined for what is none. */
function typeOf(object: Readonly<Record<string, unknown>>): string | undefined {
  const type = object['type'];
  return typeof type === 'string' && type.includes('/') && isRecord(object['properties'])
    ? type.toLowerCase()
    : undefined;
}
