import { createRedactor } from '../redactor.ts';

const longest = 1_000;

/** Words of the service as they may be shown: one line, bounded, without queries of addresses and without secrets. */
export function cleanMessage(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  const withoutQueries = line.replaceAll(/(https?:\/\/[^\s'"?#]*)[?#][^\s'"]*/gi, '$1');
  const shown = createRedactor().text(withoutQueries);
  return shown.length > longest ? `${shown.slice(0, longest - 1)}…` : shown;
}
