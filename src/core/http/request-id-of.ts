import type { ApiDescriptor } from './api-descriptor.ts';

/** The service's own id of a request, for support. Header names are lower-case. */
export function requestIdOf(
  { requestIdHeader }: Pick<ApiDescriptor, 'requestIdHeader'>,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  const own = requestIdHeader === undefined ? undefined : headers[requestIdHeader];
  return own ?? headers['request-id'] ?? headers['x-ms-request-id'];
}
