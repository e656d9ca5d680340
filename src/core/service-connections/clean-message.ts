const longest = 1_000;
const mask = '[redacted]';

/**
 * Secrets by their shape: tokens, keys, client secrets, signatures. Error codes stay, which the logger's redactor would
 * take for codes of a sign-in.
 */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g, mask],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  [/\b[\w~.-]{3}[78]Q~[\w~.-]{31,34}/g, mask],
  [/\b(Bearer|Basic)\s+[\w~+/.=-]{8,}/gi, `$1 ${mask}`],
  [
    /\b((?:client_secret|client_assertion|assertion|\w*_token|password|serviceprincipalkey|sig|sharedaccesskey)["']?\s*[=:]\s*["']?)[^&\s"',;}]{4,}/gi,
    `$1${mask}`,
  ],
];

/** Words of the service as they may be shown: one line, bounded, without queries of addresses and without secrets. */
export function cleanMessage(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  let shown = line.replaceAll(/(https?:\/\/[^\s'"?#]*)[?#][^\s'"]*/gi, '$1');
  for (const [pattern, replacement] of secrets) shown = shown.replace(pattern, replacement);
  return shown.length > longest ? `${shown.slice(0, longest - 1)}…` : shown;
}
