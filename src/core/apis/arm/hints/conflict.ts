import type { ArmHintRule } from './arm-hint-rule.ts';

/** Conflicts, quotas and throttling. https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/overview */
export const conflictHints: readonly ArmHintRule[] = [
  {
    code: ['AnotherOperationInProgress', 'RetryableErrorDueToAnotherOperation', 'DeploymentActive'],
    reading: {
      code: 'conflict',
      hint: 'Another operation works on the resource: wait until it has ended (get_operation), then call again.',
      retryable: true,
    },
  },
  {
    code: ['QuotaExceeded', 'SkuNotAvailable', 'ResourceQuotaExceeded'],
    reading: {
      code: 'conflict',
      hint: 'Take another size or region, or ask for more quota; the same request will fail again.',
      retryable: false,
    },
  },
  {
    code: ['StorageAccountAlreadyTaken', 'StorageAccountAlreadyExists', 'NameNotAvailable'],
    reading: {
      code: 'conflict',
      hint: 'The name is taken, perhaps in another tenant: choose another (checkNameAvailability tells).',
      retryable: false,
    },
  },
  {
    code: 'OperationNotAllowed',
    reading: ({ part }) =>
      /quota/i.test(part.message)
        ? {
            code: 'conflict',
            hint: 'A quota is used up: ask for more, or take another size or region.',
            retryable: false,
          }
        : {},
  },
  {
    code: ['TooManyRequests', 'SubscriptionRequestsThrottled', 'RateLimiting'],
    reading: {
      code: 'throttled',
      hint: 'Call again after the given time; one resource_graph_query replaces many single reads.',
    },
  },
];
