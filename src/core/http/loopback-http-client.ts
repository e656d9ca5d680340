import type { HttpClient } from '@azure/core-rest-pipeline';

/**
 * Lets libraries that insist on https (`@azure/identity`) reach a cloud on loopback without TLS: give them the cloud's
 * address with `https:`, and this client, which sends exactly those requests over `http:`.
 *
 * @param roots Addresses of the cloud; only `http:` ones on loopback hosts take part.
 */
export function createLoopbackHttpClient(inner: HttpClient, roots: readonly string[]): HttpClient {
  const hosts = new Set(roots.filter((root) => isLoopbackHttp(root)).map((root) => new URL(root).host));
  if (hosts.size === 0) {
    return inner;
  }
  return {
    sendRequest(request) {
      const url = URL.parse(request.url);
      if (url !== null && hosts.has(url.host)) {
        request.url = request.url.replace(/^https:/i, 'http:');
        request.allowInsecureConnection = true;
      }
      return inner.sendRequest(request);
    },
  };
}

/** The address to give to a library that insists on https. */
export function toHttps(root: string): string {
  return isLoopbackHttp(root) ? root.replace(/^http:/i, 'https:') : root;
}

export function isLoopbackHttp(root: string): boolean {
  return /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i.test(root);
}
