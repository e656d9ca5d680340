/** What each setting of a connection means, with its default; the generator fails when one is missing or made up. */
export const settingDescriptions: Readonly<Record<string, string>> = {
  base_url:
    "Microsoft Graph root and version. Default: the cloud's root and `v1.0`. A host other than the cloud's is refused",
  default_content_type: 'Content type of bodies without one. Default `application/json`',
  max_concurrent_requests: 'Requests in flight at the same time. Default 4',
  max_result_bytes:
    'Bytes of text of an answer to a call that says how much it wants. Default: that of the configuration',
  rate_limit_key: 'Connections with the same key share limits and pauses. Default: base URL, app and tenant',
  'timeouts.connect': 'Seconds for opening a new connection',
  'timeouts.read': 'Seconds without data from the service after which an attempt ends',
  'timeouts.write': 'Seconds for sending a body',
  'timeouts.pool': 'Seconds to wait for a free slot of the connection',
  'retry.max_attempts': 'Attempts of one request, including the first. Default 4',
  'retry.backoff_base': 'Seconds before the second attempt when the service names no wait. Default 0.5',
  'retry.backoff_factor': 'Factor by which that wait grows. Default 2.0',
  'retry.jitter':
    'Maximum random seconds added to a wait; to one that the service names, a hundredth of it at most. Default 0.1',
  'retry.retry_on_status':
    'Statuses after which a request may be repeated, where the method allows it. Default 408, 429, 500, 502, 503, 504',
  'retry.retry_after_header_names':
    'Headers that name a wait, in order of preference. Default `retry-after`, `x-ms-retry-after-ms`, `retry-after-ms`',
  'retry.max_elapsed': 'Seconds after which a request is no longer repeated. Default 120',
  'logging.enabled': 'Log the requests of this connection to stderr',
  'logging.request': 'Log requests, with secrets masked',
  'logging.response': 'Log answers, with secrets masked',
  'logging.auth': 'Log token requests and refreshes, never tokens',
  'logging.format': '`basic` is one line per request, `detailed` adds masked headers',
  auto_paginate: 'Follow all pages of a list. Default true',
  max_items: 'Stop lists after this many items, with a cursor. Default: no limit',
  max_pages: 'Stop lists after this many pages, with a cursor. Default: no limit',
};
