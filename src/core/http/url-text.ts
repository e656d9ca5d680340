import { invalidArgument } from '../base/errors.ts';

/** Longest URL, path or parameter that is taken at all; services refuse far shorter ones with errors of their own. */
const maxUrlLength = 65_536;

const validForms = 'use a path such as /users or users?$top=5, or an absolute URL of the same cloud';

export function invalidUrl(problem: string, hint = validForms): Error {
  return invalidArgument(`The address is not valid: ${problem}.`, `For the address, ${hint}.`);
}

/** C0 and C1 controls, DEL, line separators: never part of a name, and a classic way to smuggle. */
export function hasControlCharacter(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}

/** Refuses what is wrong in any address, before it is looked at closer. */
export function checkAddressText(text: string): void {
  if (text.length > maxUrlLength) {
    throw invalidUrl(`it is longer than ${maxUrlLength} characters`, 'send long filters in several shorter requests');
  }
  if (hasControlCharacter(text) || !text.isWellFormed()) {
    throw invalidUrl('it contains a control character or broken Unicode');
  }
  if (text.includes('\\')) throw invalidUrl('it contains a backslash');
}

/** Some gateways decode twice or three times; a segment must be harmless after each. */
function decodings(segment: string): string[] {
  const forms = [segment];
  for (let round = 0; round < 3; round++) {
    const decoded = (forms.at(-1) ?? '').replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === forms.at(-1)) break;
    forms.push(decoded);
  }
  return forms;
}

/** Refuses path segments that some server could read as more than one segment, or as a step upwards. */
export function checkPath(path: string): void {
  if (path.includes('//')) throw invalidUrl('it has an empty path segment (//)');
  for (const segment of path.split('/')) {
    for (const form of decodings(segment)) {
      if (form === '.' || form === '..') throw invalidUrl('it has a . or .. segment');
      if (form !== segment && (/[/\\]/.test(form) || hasAsciiControl(form))) {
        throw invalidUrl('it has an encoded slash, backslash or control character in its path');
      }
    }
  }
}

function hasAsciiControl(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}

/** RFC 3986: everything but unreserved characters is escaped. */
export function encodeValue(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** What must be escaped in a path: all but RFC 3986's path characters and escapes that are there; `+` to be safe. */
export const unsafeInPath = /%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~!$&'()*,;=:@/%]/giu;

/** What must be escaped in the value of a query option that a person typed. */
export const unsafeInQuery = /%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~$,:;=@*/()%]/giu;

/** Escapes the characters that `unsafe` matches. */
export function encodeUnsafe(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, encodeValue);
}

/** Splits outside of OData literals (`'…'`) and search clauses (`"…"`); everywhere when the quotes do not pair up. */
export function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') {
      quote = character === quote ? '' : quote;
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (character === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return quote === '' ? [...parts, text.slice(start)] : text.split(separator);
}
