/**
 * Text that strangers wrote, for people and models: well-formed Unicode without what is read and not seen. What a script
 * or an emoji needs stays: joiners, marks, and variation selectors that select something.
 * Sources: Unicode properties Default_Ignorable_Code_Point and Bidi_Control, StandardizedVariants.txt, emoji sequences.
 */
export interface CleanText {
  readonly text: string;
  /** How many characters were dropped. Broken surrogates are replaced, not counted. */
  readonly removed: number;
}

/** Printable ASCII, tab and newline: nearly every text, recognised at the speed of a scan. */
const mayBeUnclean = /[^\t\n\x20-\x7e]/;

/** Controls but tab and newline, format characters and selectors, halves of a surrogate pair. */
const suspicious = /(?![\t\n])\p{Cc}|[\ufff9-\ufffb]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|\p{Surrogate}/gu;

/** The text as it may be shown; the same string when it is clean. */
export function cleanText(text: string): CleanText {
  if (!mayBeUnclean.test(text)) return { text, removed: 0 };
  let removed = 0;
  const cleaned = text.replace(suspicious, (character, offset: number) => {
    if (isBroken(character)) return '\ufffd';
    // A few neighbours decide; looking further back would make long texts slow.
    const left = text.slice(Math.max(0, offset - 16), offset);
    const end = offset + character.length;
    if (isNeeded(character, left, text.slice(end, end + 16))) return character;
    removed += 1;
    return '';
  });
  return { text: cleaned, removed };
}

/** The cleaned text alone, for messages, progress, logs and the terminal. */
export function shownText(text: string): string {
  return cleanText(text).text;
}

/** One line for a terminal or a table: what would break the line becomes a space. */
export function shownLine(text: string): string {
  return shownText(text).replace(/[\t\n\r\u2028\u2029]+/g, ' ');
}

/** In JSON text, controls and broken surrogates stand as escapes, so a backslash is looked into as well. */
const mayBeUncleanJson = /[^\x20-\x7e]|\\[ubfr]/;

/** A JSON document whose strings and keys are clean; the same text when they were. */
export function cleanJson(json: string): CleanText {
  if (!mayBeUncleanJson.test(json)) return { text: json, removed: 0 };
  const count = { removed: 0, changed: false };
  const cleaned = cleanValue(JSON.parse(json), count);
  return count.changed ? { text: JSON.stringify(cleaned), removed: count.removed } : { text: json, removed: 0 };
}

interface Count {
  removed: number;
  changed: boolean;
}

function cleanString(text: string, count: Count): string {
  const cleaned = cleanText(text);
  count.removed += cleaned.removed;
  count.changed ||= cleaned.text !== text;
  return cleaned.text;
}

function cleanValue(value: unknown, count: Count): unknown {
  if (typeof value === 'string') return cleanString(value, count);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => cleanValue(one, count));
  const entries = new Map<string, unknown>();
  for (const [key, child] of Object.entries(value)) {
    let name = cleanString(key, count);
    // Keys that differ only in what cannot be seen must not replace each other.
    while (entries.has(name)) name += '\u2026';
    entries.set(name, cleanValue(child, count));
  }
  return Object.fromEntries(entries);
}

function isBroken(character: string): boolean {
  return character.length === 1 && character >= '\ud800' && character <= '\udfff';
}

/** The last characters before a place, without the selectors and joiners that may stand between. */
const before = {
  pictograph: /(?:\p{Extended_Pictographic}\ufe0f?|[\u{1f3fb}-\u{1f3ff}])$/u,
  han: /\p{Unified_Ideograph}$/u,
  math: /[\p{Sm}0\u3001\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f]$/u,
  mongolian: /\p{Script=Mongolian}$/u,
  myanmar: /\p{Script=Myanmar}$/u,
  mark: /\p{M}$/u,
  /** Scripts whose letters change their form at a joiner. */
  joining:
    /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Balinese}\p{Script=Javanese}\p{Script=Sundanese}\p{Script=Chakma}\p{Script=Meetei_Mayek}\u0640]$/u,
} as const;

const pictographEnd = /\p{Extended_Pictographic}$/u;
const pictographNext = /^\p{Extended_Pictographic}/u;

/** The flags of England, Scotland and Wales: the only sequences of tag characters that are in use. */
const tagFlags =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/u;

/** Whether a character that nobody sees does something where it stands. */
function isNeeded(character: string, left: string, right: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\r') return right.startsWith('\n');
  if (code === 0x200d && before.pictograph.test(left) && pictographNext.test(right)) return true;
  if (code === 0x200c || code === 0x200d) return before.joining.test(left);
  if (code === 0x034f) return before.mark.test(left) && /^\p{M}/u.test(right);
  if (code >= 0xe0020 && code <= 0xe007f) return isInTagFlag(character, left, right);
  return selects(code, left, right);
}

/** Whether a variation selector follows what it has variants of. */
function selects(code: number, left: string, right: string): boolean {
  if (code === 0xfe0e || code === 0xfe0f) {
    return pictographEnd.test(left) || (/[0-9#*]$/.test(left) && right.startsWith('\u20e3'));
  }
  if (code >= 0xfe00 && code <= 0xfe02 && before.han.test(left)) return true;
  if (code === 0xfe00 || code === 0xfe01) return before.math.test(left) || before.myanmar.test(left);
  // Variants of ideographs as in names; the registered collections use few of the 240 selectors.
  if (code >= 0xe0100 && code <= 0xe011f) return before.han.test(left);
  return ((code >= 0x180b && code <= 0x180d) || code === 0x180f) && before.mongolian.test(left);
}

function isInTagFlag(character: string, left: string, right: string): boolean {
  // A flag is one pictograph and six tags, of two units each.
  const start = left.lastIndexOf('\u{1f3f4}');
  const sequence = start < 0 ? '' : `${left.slice(start)}${character}${right}`.slice(0, 14);
  return left.length - start < 14 && new RegExp(`^${tagFlags.source}$`, 'u').test(sequence);
}
