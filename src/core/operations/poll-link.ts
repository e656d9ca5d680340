import type { ApiClient } from '../http/api-client.ts';

/** A link that an operation gave, made absolute, and what is wrong with it when it must not be used. */
export interface PollLink {
  readonly url: string;
  /** `its host is evil.example`; absent for an address that may be asked. */
  readonly problem?: string;
}

function describeProblem(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return 'it is no address';
  if (parsed.username !== '' || parsed.password !== '') return 'it carries user information';
  if (parsed.protocol !== 'https:') {
    return `it is not https (${parsed.protocol.slice(0, 20)}//${parsed.host.slice(0, 100)})`;
  }
  return `its host ${parsed.host.slice(0, 100)} is not the one of the connection's cloud`;
}

/**
 * Reads the address of an operation out of a header. Absolute ones stay as they are, relative ones lead on from the
 * address that answered. Only an address of the API itself is good: it gets the token.
 */
export function readPollLink(link: string, answeredBy: string, client: Pick<ApiClient, 'resolveUrl'>): PollLink {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(link);
  const url = isAbsolute ? link : (URL.parse(link, answeredBy)?.href ?? link);
  try {
    client.resolveUrl({ path: url, verbatim: true });
    return { url };
  } catch {
    return { url, problem: describeProblem(url) };
  }
}
