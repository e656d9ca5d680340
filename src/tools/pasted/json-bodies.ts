import { parseExactJson } from '../../core/base/exact-json.ts';
import { isRecord, parseRecord } from '../../core/base/guards.ts';
import type { ReadPasted } from '../define-tool.ts';

/**
 * Bodies of requests that came as the JSON text of an object, as that object: only then are secrets filled in, changes
 * compared, and the one that is looked at the one that is sent. The content of a file stays as it is.
 */
export const readJsonBodies: ReadPasted = (args, note) => {
  const { requests } = args;
  if (!Array.isArray(requests)) return args;
  const read = requests.map((item: unknown) => {
    const body = isRecord(item) && !isContent(item) ? objectIn(item['body']) : undefined;
    if (body === undefined || !isRecord(item)) return item;
    note('body was read from JSON text.');
    return { ...item, body };
  });
  return { ...args, requests: read };
};

/** Undefined also where reading would cost digits of a number or a second value of a member: such a text is sent as it is. */
function objectIn(body: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof body !== 'string' || losesDigits(body)) return undefined;
  // Trimmed of a byte order mark too.
  const record = parseRecord(body.trim());
  return record === undefined || namesAMemberTwice(body, record) ? undefined : record;
}

/** Which of two values is meant is not for a reader to choose: rules count such a text as one that cannot be read. */
function namesAMemberTwice(text: string, read: Readonly<Record<string, unknown>>): boolean {
  try {
    return namesIn(text) !== namesIn(JSON.stringify(read));
  } catch {
    // Nested too deeply to be written again.
    return true;
  }
}

/** How many members the objects of a JSON text name. */
function namesIn(text: string): number {
  const strings = text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g);
  return Array.from(strings).filter(([, colon]) => colon !== undefined).length;
}

function losesDigits(text: string): boolean {
  try {
    return !parseExactJson(text.trim()).isVerbatim;
  } catch {
    return false;
  }
}

/** Whether the body is what will be stored, byte for byte: that of a file or a stream, or of another type than JSON. */
function isContent({ endpoint, headers }: Readonly<Record<string, unknown>>): boolean {
  const isStream = typeof endpoint === 'string' && /\/(?:content|\$value)\/?(?:[?#]|$)/i.test(endpoint);
  return isStream || (isRecord(headers) && Object.entries(headers).some(([name, type]) => isOtherType(name, type)));
}

function isOtherType(name: string, type: unknown): boolean {
  return name.toLowerCase() === 'content-type' && typeof type === 'string' && !/^\s*application\/json\b/i.test(type);
}
