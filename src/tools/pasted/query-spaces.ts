import { decodeLoosely, splitOutsideQuotes } from '../../core/http/url-text.ts';
import { isServiceLink } from '../params.ts';

/** Options whose values are written in words; tokens are left as they are. */
const inWords = /^\$?(?:filter|search|orderby|select|expand|apply|compute)$/i;

/**
 * An address with `%20` where its query has `+` for a space, as browsers and forms write it. A `+` stays one in a literal, in
 * a time such as `…T00:00:00+02:00`, in a value with other spaces, and in links of the service.
 */
export function plusAsSpace(address: string): string {
  const at = address.indexOf('?');
  if (at < 0 || !address.includes('+', at) || isServiceLink(address)) return address;
  const options = splitOutsideQuotes(address.slice(at + 1), '&').map((option) => {
    const end = option.indexOf('=');
    return end > 0 && inWords.test(decodeLoosely(option.slice(0, end)))
      ? `${option.slice(0, end + 1)}${valueWithSpaces(option.slice(end + 1))}`
      : option;
  });
  return `${address.slice(0, at + 1)}${options.join('&')}`;
}

/** The offset of a time, and what it belongs to. */
const offset = /(:\d\d(?:\.\d{1,9})?)\+(?=\d\d:\d\d)/g;

function valueWithSpaces(value: string): string {
  if (/\s|%20/.test(value)) return value;
  const whole = value.replace(offset, '$1%2B');
  const readable = whole.replace(/%27/g, "'").replace(/%22/g, '"');
  return splitOutsideQuotes(readable, '+').length > 1 ? whole.replaceAll('+', '%20') : value;
}
