import type { ApiResponse } from '../http/api-client.ts';
import { linkIn } from '../http/page.ts';

/** How a service writes the link to the next page. */
export interface LinkRule {
  readonly member: string;
  /** The link carries the api-version of the list. */
  readonly keepsVersion: boolean;
}

/** Names under which links carry their position: the only names of an address that a report may show. */
const positions = ['$skiptoken', '$skip', '$deltatoken', 'skiptoken', 'continuationtoken', 'token'];

/** The link of an answer, as the service wrote it. */
export function linkOf({ member }: LinkRule, answer: Pick<ApiResponse, 'body' | 'links'>): string | undefined {
  const link = linkIn(answer, member);
  return typeof link === 'string' && link !== '' ? link : undefined;
}

interface LinkContext {
  readonly rule: LinkRule;
  readonly nextBy: readonly string[];
  readonly answeredBy: string;
}

/** A link in words: whether it is absolute, where it leads, and under which name it carries the position. */
export function describeLink(link: string, { rule, nextBy, answeredBy }: LinkContext) {
  const isAbsolute = /^https?:\/\//i.test(link);
  const url = URL.parse(link, answeredBy);
  const isSameHost = url !== null && url.origin === URL.parse(answeredBy)?.origin;
  const names = url === null ? [] : Array.from(url.searchParams.keys(), (name) => name.toLowerCase());
  const position = positions.find((name) => names.includes(name));
  const hasVersion = !rule.keepsVersion || names.includes('api-version');
  const words = [
    isAbsolute ? 'absolute' : 'relative',
    isSameHost ? 'same host' : 'another host',
    position === undefined ? 'by something unknown' : `by ${position}`,
    ...(rule.keepsVersion ? [hasVersion ? 'with api-version' : 'without api-version'] : []),
  ].join(', ');
  const isKnown = position !== undefined && nextBy.includes(position);
  return { words, isAsAssumed: isAbsolute && isSameHost && isKnown && hasVersion };
}
