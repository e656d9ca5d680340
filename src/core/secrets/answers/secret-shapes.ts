import { maskTokens } from '../secret.ts';
import { isSecretName, secretNamePattern } from './secret-members.ts';

/** What stands in an answer instead of a secret that is not kept. */
export const secretMark = '[secret]';

/** Whether the mark stands anywhere in a value. */
export function holdsMark(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes(secretMark);
}

/** Query members that open something by themselves. */
const queryNames = 'sig|code|access_token|token|tempauth';
/** How a query member begins: in an address, in one inside another address, in JSON text, alone. */
const queryStart = String.raw`(?:[?&;]|%3f|%26|\\u0026|^)`;
const queryMember = new RegExp(`(${queryStart}(${queryNames})(?:=|%3d))((?:(?!%26)[^&\\s"'<>\\\\#])+)`, 'gi');

/** Values of connection strings. A value in prose ends with its line: rather too much than too little. */
const settingMember =
  /((?:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature)\s*=\s*)("[^"]*"|'[^']*'|(?![=~>])[^;"'<>\r\n]+)/gi;

/** A meeting's link, as invitations hold it: its passcode is for everybody who is invited. */
const meetingLink = /https:\/\/(?:[\w-]+\.)*zoom(?:gov)?\.(?:us|com)\/[^\s"'<>]*[?&;]$/i;
/** Longest part of such a link in front of its passcode. */
const longestMeetingLink = 300;

/** The password of an address such as `mongodb://user:password@host`. */
const userInfo = /(:\/\/[^\s/:@"'<>?#]*:)([^\s/@"'<>]+)(?=@)/g;

/** Incoming webhooks of Teams: the path is the secret. */
const webhook = /(https:\/\/[\w.-]*webhook\.office\.com\/webhookb2\/)[^\s"'<>]+/gi;

/** Numbers of errors are not codes that open anything: `…/error?code=700016`. */
const errorNumber = /^\d{1,8}$/;

/** Whether the query of a SAS is complete enough to be one, even where its signature has another name. */
const sasSet = /[?&](?=[^#\s"']*\bst=)(?=[^#\s"']*\bse=)(?=[^#\s"']*\bsp=)[^#\s"'<>]+/gi;

/**
 * A member of JSON that stands in a text, quoted however often: `\"password\":\"…\"`. Its value ends at a quote with as
 * many backslashes as the first one, or with the text.
 */
const quotedMember = new RegExp(
  String.raw`(?<!\\)(\\*)"(${secretNamePattern})\1"((?:\s|\\+[nrt])*:(?:\s|\\+[nrt])*)\1"([\s\S]*?)(?:(?<!\\)\1"|$)`,
  'gi',
);

/** What stands in templates and examples instead of a secret. */
const placeholder = /^(?:<[^<>]*>|\[(?:parameters|variables)\([^()]*\)\]|\$\{[^{}]*\}|\{\{[^{}]*\}\}|\*+|\.{3})$/;

export interface ShapeOptions {
  /** A link to the next page: `token` says where to go on, and opens nothing by itself. */
  readonly isPageLink?: boolean;
}

/** A text without what is a secret by its form; the same string when it has none. */
export function maskShapes(text: string, { isPageLink = false }: ShapeOptions = {}): string {
  if (text.length < 6) return text;
  let masked = text;
  if (text.includes('=') || /%3d/i.test(text)) {
    masked = masked
      .replace(sasSet, (set) => `${set[0]}${secretMark}`)
      .replace(queryMember, (whole, start: string, name: string, value: string) => {
        const isWord = /^(?:token|code)$/i.test(name);
        const isHarmless = isWord && (isPageLink || errorNumber.test(value) || start === name + whole[name.length]);
        return isHarmless || value === secretMark ? whole : `${start}${secretMark}`;
      })
      .replace(settingMember, (_whole, start: string, value: string, offset: number, all: string) => {
        if (/^pwd/i.test(start) && meetingLink.test(all.slice(Math.max(0, offset - longestMeetingLink), offset))) {
          // Only the passcode: more may follow on the line.
          const [code = ''] = /^[^\s&]*/.exec(value) ?? [];
          return `${start}${code}${maskShapes(value.slice(code.length))}`;
        }
        const quote = /^["']/.exec(value)?.[0] ?? '';
        return `${start}${quote}${secretMark}${quote}`;
      });
  }
  if (text.includes('"')) {
    masked = masked.replace(quotedMember, (whole, slashes: string, name: string, colon: string, value: string) =>
      value === '' || placeholder.test(value)
        ? whole
        : `${slashes}"${name}${slashes}"${colon}${slashes}"${secretMark}${slashes}"`,
    );
  }
  if (text.includes('://')) masked = masked.replace(userInfo, `$1${secretMark}`).replace(webhook, `$1${secretMark}`);
  return maskTokens(masked, secretMark);
}

const equals = 0x3d;
const rare = { percent: 0x25, backslash: 0x5c, tilde: 0x7e } as const;
/** Longest name in front of a `=` that matters: `sharedaccesssignature` and an encoded beginning. */
const longestName = 32;
const namesBeforeEquals =
  /(?:[?&;"6f](?:sig|code|access_token|token|tempauth|s[tep])|password|pwd|accountkey|sharedaccesskey|sharedaccesssignature)\s*$/i;

/**
 * Whether `maskShapes` may find something in any text of these bytes. Nearly all answers have nothing, and searching for
 * single bytes is hundreds of times faster than looking at each text.
 */
export function mayHoldShapes(bytes: Buffer): boolean {
  return (
    bytes.includes('yJ') ||
    bytes.includes('Y-----') ||
    (bytes.includes(rare.tilde) && bytes.includes('Q~')) ||
    (bytes.includes(rare.percent) && (bytes.includes('%3d') || bytes.includes('%3D'))) ||
    // An escape may stand for any of these characters.
    (bytes.includes(rare.backslash) && bytes.includes('\\u00')) ||
    hasTellingEquals(bytes) ||
    hasQuotedMember(bytes) ||
    hasTellingHost(bytes)
  );
}

function hasTellingEquals(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(equals); at >= 0; at = bytes.indexOf(equals, at + 1)) {
    if (namesBeforeEquals.test(bytes.toString('latin1', Math.max(0, at - longestName), at))) return true;
  }
  return false;
}

/** Names of members that end a text in front of a colon: `password\":`. */
const quotedName = /([\w$.@-]{2,60})\\+$/;

/** A colon, a space, a backslash. */
const mayLeadToColon: ReadonlySet<number | undefined> = new Set([0x3a, 0x20, rare.backslash]);

function hasQuotedMember(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('\\"'); at >= 0; at = bytes.indexOf('\\"', at + 2)) {
    if (!mayLeadToColon.has(bytes[at + 2])) continue;
    if (!/^(?:\s|\\+[nrt])*:/.test(bytes.toString('latin1', at + 2, at + 34))) continue;
    const name = quotedName.exec(bytes.toString('latin1', Math.max(0, at - 72), at + 1))?.[1];
    if (name !== undefined && isSecretName(name.toLowerCase())) return true;
  }
  return false;
}

/** A host behind user and password, or the one of incoming webhooks. */
function hasTellingHost(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('//'); at >= 0; at = bytes.indexOf('//', at + 2)) {
    const rest = bytes.toString('latin1', at + 2, at + 514);
    const end = rest.search(/[/"\s]/);
    const authority = end < 0 ? rest : rest.slice(0, end);
    if (/:.*@|webhook\.office\.com$/i.test(authority) || (end < 0 && authority.length > 500)) return true;
  }
  return false;
}
