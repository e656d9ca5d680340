import { maskTokens } from '../secrets/secret.ts';

const longest = 1_000;
/** The most text to search for secrets: the time grows faster than the text. */
const longestSearched = 8_000;
const mask = '[redacted]';

/** Secrets by what precedes them. Error codes stay, which the logger's redactor takes for sign-in codes. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w~+/.=-]{8,}/gi, `$1 ${mask}`],
  [
    /\b((?:client_secret|client_assertion|assertion|\w*_token|password|serviceprincipalkey|sig|sharedaccesskey)["']?\s*[=:]\s*["']?)[^&\s"',;}]{4,}/gi,
    `$1${mask}`,
  ],
];

/** Text of the service that may be shown: one line, bounded, without query strings and secrets. */
export function cleanMessage(text: string): string {
  const line = bounded(text)
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ')
    .trim();
  let shown = maskTokens(line).replaceAll(/(https?:\/\/[^\s'"?#]*)[?#][^\s'"]*/gi, '$1');
  for (const [pattern, replacement] of secrets) shown = shown.replace(pattern, replacement);
  return shown.length > longest ? `${shown.slice(0, longest - 1)}…` : shown;
}

/** The beginning of a long text, up to the last whole word: a cut word may be half a secret. */
function bounded(text: string): string {
  return text.length <= longestSearched ? text : `${text.slice(0, longestSearched).replace(/\S{1,8000}$/, '')}…`;
}
