/** What each setting of a connection means, with its default; the generator fails when one is missing or made up. */
export const settingDescriptions: Readonly<Record<string, string>> = {
  base_url:
    "Microsoft Graph root and version. Default: the cloud's root and `v1.0`. Another host than the cloud's is refused",
  default_content_type: 'Content type of bodies that name none. Default `application/json`',
  max_concurrent_requests: 'Requests on the wire at the same time. Default 4',
  rate_limit_key: 'Connections with the same key share limits and pauses. Default: base URL, app and tenant',
  'timeouts.connect': 'Seconds until a new connection must be open',
  'timeouts.read': 'Seconds of silence of the service that end an attempt',
  'timeouts.write': 'Seconds for sending a body',
  'timeouts.pool': 'Seconds to wait for a free slot of the connection',
  'retry.max_attempts': 'Attempts of one request, the first included. Default 4',
  'retry.backoff_base': 'Seconds before the second attempt when the service names no wait. Default 0.5',
  'retry.backoff_factor': 'Factor by which that wait grows. Default 2.0',
  'retry.jitter': 'Most seconds added at random to a wait. Default 0.1',
  'retry.retry_on_status':
    'Statuses that may be repeated where the method allows it. Default 408, 429, 500, 502, 503, 504',
  'retry.retry_after_header_names':
    'Headers that name a wait, in order. Default `retry-after`, `x-ms-retry-after-ms`, `retry-after-ms`',
  'retry.max_elapsed': 'Seconds after which a request is not repeated any more. Default 120',
  'logging.enabled': 'Log the requests of this connection to stderr',
  'logging.request': 'Log what is sent, secrets masked',
  'logging.response': 'Log what is answered, secrets masked',
  'logging.auth': 'Log token requests and refreshes, never tokens',
  'logging.format': '`basic` is a line per request, `detailed` adds masked headers',
  auto_paginate: 'Follow all pages of a list. Default true',
  max_items: 'Stop lists after this many items, with a cursor. Default: no limit',
  max_pages: 'Stop lists after this many pages, with a cursor. Default: no limit',
};
