/** A place in a text, as byte offsets: from the first byte to the one behind the last. */
export type ByteRange = readonly [from: number, to: number];

interface Node {
  /** The bytes that lead here from the node above. */
  label: Buffer;
  /** By first byte. */
  readonly children: Map<number, Node>;
  isEnd: boolean;
}

/** Bytes that are looked at together. */
const blockBytes = 4;
const smallestTable = 4096;

/** The search looks at once per so many bytes of a text: more for few texts, whose table stays small. */
const widestWindow = 36;
const widestForMany = 12;
const many = 500;

/**
 * Finds any number of texts in another one in a single pass, whose length alone decides how long it takes: the way of
 * Wu and Manber (University of Arizona TR-94-17). A table says for each block of four bytes how far the search may jump,
 * and only where a text may begin a tree of all of them is walked. Texts come and go one at a time, at the cost of their
 * length; the table forgets in rounds what has gone, until then it makes the search look more often than it has to.
 * Texts have at least four bytes.
 */
export class SecretIndex {
  /** How often each text was added. */
  readonly #texts = new Map<string, number>();
  readonly #root: Node = { label: Buffer.alloc(0), children: new Map(), isEnd: false };
  /** No longer than the shortest text, nor than the longest jump that fits into a byte of the table. */
  #window = widestWindow;
  #jumps = new Uint8Array(smallestTable).fill(widestWindow - blockBytes + 1);
  #hashShift = hashShiftFor(smallestTable);
  #usedJumps = 0;
  #gone = 0;

  /** What was added twice has to be removed twice. */
  add(text: string): void {
    const times = this.#texts.get(text) ?? 0;
    this.#texts.set(text, times + 1);
    if (times > 0) return;
    const bytes = Buffer.from(text, 'utf8');
    insert(this.#root, bytes);
    if (bytes.length < this.#window || (this.#texts.size === many && this.#window > widestForMany)) {
      this.#relearn(this.#jumps.length);
    } else {
      this.#learn(bytes);
    }
    if (this.#usedJumps > this.#jumps.length / 8) this.#relearn(this.#jumps.length * 4);
  }

  remove(text: string): void {
    const times = this.#texts.get(text) ?? 0;
    if (times > 1) this.#texts.set(text, times - 1);
    if (times !== 1) return;
    this.#texts.delete(text);
    erase(this.#root, Buffer.from(text, 'utf8'));
    this.#gone += 1;
    if (this.#gone > this.#texts.size + 100) this.#relearn(this.#jumps.length);
  }

  isIn(bytes: Buffer): boolean {
    return this.#next(bytes, 0) !== undefined;
  }

  /** All places of all texts, in order; those that overlap are one. */
  findIn(bytes: Buffer): readonly ByteRange[] {
    const found: [number, number][] = [];
    for (let next = this.#next(bytes, 0); next !== undefined; next = this.#next(bytes, next[0] + 1)) {
      const last = found.at(-1);
      if (last !== undefined && next[0] < last[1]) {
        last[1] = Math.max(last[1], next[1]);
      } else {
        found.push([next[0], next[1]]);
      }
    }
    return found;
  }

  get #longestJump(): number {
    return this.#window - blockBytes + 1;
  }

  /** The first place that begins at `from` or later, with the longest text that begins there. */
  #next(bytes: Buffer, from: number): ByteRange | undefined {
    const jumps = this.#jumps;
    const hashShift = this.#hashShift;
    const window = this.#window;
    const { length } = bytes;
    if (this.#texts.size === 0) return undefined;
    for (let end = from + window; end <= length; ) {
      const jump = jumps[hashBlock(bytes, end - blockBytes, hashShift)] ?? 1;
      if (jump > 0) {
        end += jump;
        continue;
      }
      const to = longestFrom(this.#root, bytes, end - window);
      if (to > 0) return [end - window, to];
      end += 1;
    }
    return undefined;
  }

  #learn(bytes: Buffer): void {
    for (let end = blockBytes; end <= this.#window; end++) {
      const at = hashBlock(bytes, end - blockBytes, this.#hashShift);
      const known = this.#jumps[at] ?? 0;
      if (known === this.#longestJump) this.#usedJumps += 1;
      this.#jumps[at] = Math.min(known, this.#window - end);
    }
  }

  #relearn(tableSize: number): void {
    const texts = Array.from(this.#texts.keys(), (text) => Buffer.from(text, 'utf8'));
    const widest = texts.length < many ? widestWindow : widestForMany;
    this.#window = texts.reduce((shortest, { length }) => Math.min(shortest, length), widest);
    this.#jumps = new Uint8Array(tableSize).fill(this.#longestJump);
    this.#hashShift = hashShiftFor(tableSize);
    this.#usedJumps = 0;
    this.#gone = 0;
    for (const bytes of texts) this.#learn(bytes);
  }
}

function hashShiftFor(tableSize: number): number {
  return 32 - Math.log2(tableSize);
}

/** The upper bits of a product: Knuth's multiplicative hash. */
function hashBlock(bytes: Buffer, at: number, shift: number): number {
  const block =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  return Math.imul(block, 0x9e3779b1) >>> shift;
}

/** Where the longest text that begins at `from` ends; 0 when none does. */
function longestFrom(root: Node, bytes: Buffer, from: number): number {
  let found = 0;
  let at = from;
  for (let node = root; at < bytes.length; ) {
    const child = node.children.get(bytes[at] ?? 0);
    if (child === undefined || commonLength(child.label, bytes, at) < child.label.length) return found;
    at += child.label.length;
    if (child.isEnd) found = at;
    node = child;
  }
  return found;
}

function commonLength(label: Buffer, bytes: Buffer, from: number): number {
  let length = 0;
  while (length < label.length && label[length] === bytes[from + length]) length += 1;
  return length;
}

function insert(root: Node, bytes: Buffer): void {
  let node = root;
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const child = node.children.get(first);
    if (child === undefined) {
      node.children.set(first, { label: bytes.subarray(at), children: new Map(), isEnd: true });
      return;
    }
    const common = commonLength(child.label, bytes, at);
    node = common < child.label.length ? split(node, child, common) : child;
    at += common;
  }
  node.isEnd = true;
}

/** Puts a node between two, where another text goes its own way. */
function split(above: Node, below: Node, at: number): Node {
  const rest = below.label.subarray(at);
  const between: Node = {
    label: below.label.subarray(0, at),
    children: new Map([[rest[0] ?? 0, below]]),
    isEnd: false,
  };
  above.children.set(between.label[0] ?? 0, between);
  below.label = rest;
  return between;
}

/** Takes the end of a text out, and the nodes that lead nowhere else. */
function erase(root: Node, bytes: Buffer): void {
  const path: Node[] = [root];
  for (let at = 0; at < bytes.length; ) {
    const child = path.at(-1)?.children.get(bytes[at] ?? 0);
    if (child === undefined) return;
    path.push(child);
    at += child.label.length;
  }
  const last = path.at(-1);
  if (last !== undefined) last.isEnd = false;
  for (let depth = path.length - 1; depth > 0; depth--) {
    const node = path[depth];
    if (node === undefined || node.isEnd || node.children.size > 0) return;
    path[depth - 1]?.children.delete(node.label[0] ?? 0);
  }
}
