import type { Forms } from './forms.ts';
import type { LinkRule } from './next-link.ts';
import type { CheckedService } from './self-check.ts';
import { object, type Shape } from './shape.ts';

/** What every answer of a service is assumed to have. */
interface ServiceAnswer {
  /** Forms by lower-case name; a name with `?` may be absent; `echo` is an id that was sent. */
  readonly headers: Readonly<Record<string, Forms>>;
  /** Body of a refusal. */
  readonly error?: Shape;
  /** Lower-case name of the header with the error code. */
  readonly codeHeader?: string;
  readonly link?: LinkRule;
}

/** https://learn.microsoft.com/graph/errors */
const graphError = object({
  error: object({
    code: 'string',
    message: 'string',
    'innerError?': object({ 'date?': 'date-time', 'request-id?': 'guid', 'client-request-id?': 'guid' }),
    'innererror?': 'object',
    'details?': 'array|null',
  }),
});

/** https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */
const armError = object({
  error: object({
    code: 'string',
    message: 'string',
    'target?': 'string|null',
    'details?': 'array|null',
    'additionalInfo?': 'array|null',
  }),
});

/** https://learn.microsoft.com/rest/api/azure/devops */
const devopsError = object({
  message: 'string',
  typeKey: 'string',
  'typeName?': 'string',
  'errorCode?': 'integer',
  'eventId?': 'integer',
  '$id?': 'string',
  'innerException?': 'null|object',
});

export const serviceAnswers: Readonly<Record<CheckedService, ServiceAnswer>> = {
  // https://learn.microsoft.com/graph/best-practices-concept and https://learn.microsoft.com/graph/throttling-limits
  graph: {
    headers: {
      'request-id': 'guid',
      'client-request-id': 'echo',
      date: 'http-date',
      'x-ms-ags-diagnostic': 'json-object',
      'x-ms-resource-unit?': 'digits',
      'x-ms-throttle-limit-percentage?': 'decimal',
      'retry-after?': 'decimal',
      'ratelimit-limit?': 'digits',
      'ratelimit-remaining?': 'digits',
      'ratelimit-reset?': 'digits',
    },
    error: graphError,
    link: { member: '@odata.nextLink', keepsVersion: false },
  },
  // https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
  arm: {
    headers: {
      // Of the provider that answers: Service Bus adds the names of machines to its GUID.
      'x-ms-request-id': 'guid|string',
      'x-ms-correlation-request-id': 'echo',
      'x-ms-routing-request-id': 'region:time:guid',
      'x-ms-client-request-id?': 'guid',
      'x-ms-failure-cause?': '=gateway|=service',
      'x-ms-ratelimit-remaining-subscription-reads?': 'digits',
      'x-ms-ratelimit-remaining-subscription-global-reads?': 'digits',
      'x-ms-ratelimit-remaining-tenant-reads?': 'digits',
      'x-ms-ratelimit-remaining-subscription-resource-requests?': 'digits',
      'x-ms-ratelimit-remaining-subscription-resource-entities-read?': 'digits',
      'x-ms-user-quota-remaining?': 'digits',
      'x-ms-user-quota-resets-after?': 'duration',
      'retry-after?': 'digits',
    },
    error: armError,
    link: { member: 'nextLink', keepsVersion: true },
  },
  // https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
  devops: {
    headers: {
      activityid: 'guid',
      'x-vss-e2eid': 'guid',
      'x-ratelimit-delay?': 'decimal',
      'x-ratelimit-limit?': 'digits',
      'x-ratelimit-remaining?': 'digits',
      'x-ratelimit-reset?': 'digits',
      'retry-after?': 'decimal',
    },
    error: devopsError,
  },
  // https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
  blob: {
    headers: { 'x-ms-request-id': 'guid', 'x-ms-version': 'date', 'retry-after?': 'digits' },
    error: 'xml',
    codeHeader: 'x-ms-error-code',
  },
  // https://learn.microsoft.com/azure/service-bus-messaging/authenticate-application
  servicebus: { headers: { 'retry-after?': 'digits' } },
  // https://learn.microsoft.com/rest/api/searchservice/http-status-codes
  'azure-search': {
    headers: { 'request-id': 'guid', 'retry-after?': 'digits' },
    error: object({ error: object({ code: 'string', message: 'string', 'details?': 'array' }) }),
  },
};
