import { tokenAudience } from '../../base/clouds.ts';
import type { ApiDescriptor, DescribedRequest, FailedAnswer } from '../../http/api-descriptor.ts';
import { chargesOf, serviceOf } from './arm-budgets.ts';
import { classifyArmError } from './classify-arm-error.ts';
import { isReadOnlyPost } from './read-only-posts.ts';

/** Refusals that mean "nothing was done, try again": the principal or the role is not known everywhere yet. */
function isTransient({ status, code }: FailedAnswer): boolean {
  return (status === 409 || status === 429) && code === 'RetryableErrorDueToAnotherOperation';
}

/** How to find out whether a write whose answer was lost took effect. */
function howToCheck({ method, wirePath }: DescribedRequest): string | undefined {
  if (method === 'POST') {
    const resource = wirePath.split('/').slice(0, -1).join('/');
    return `Read ${resource} and its activity log to see whether the action ran before calling it again.`;
  }
  return `Read it with GET ${wirePath} to see whether it took effect.`;
}

/** Azure Resource Manager as the pipeline sees it. https://learn.microsoft.com/rest/api/resources */
export function createArmDescriptor(): ApiDescriptor {
  return {
    name: 'arm',
    title: 'Azure Resource Manager',
    versioning: {
      place: 'query',
      parameter: 'api-version',
      // There is no version for everything: `createArmApi` resolves it for each resource type.
      default: '',
      pattern: /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9.-]{1,40})?$/i,
      hint: 'use a date such as 2024-03-01 or 2024-03-01-preview',
    },
    root: (cloud) => cloud.resourceManager,
    audience: (cloud) => tokenAudience(cloud, 'resource_manager'),
    identify: (callId, requestId) => ({
      'x-ms-client-request-id': requestId,
      'x-ms-return-client-request-id': 'true',
      'x-ms-correlation-request-id': callId,
    }),
    service: ({ method, wirePath }) => serviceOf(method, wirePath),
    charges: ({ method, wirePath }) => chargesOf(method, wirePath),
    isReadOnlyPost: ({ wirePath }) => isReadOnlyPost(wirePath),
    isTransient,
    classifyError: ({ status, body, request }) => {
      const reading = classifyArmError(body, request.wirePath);
      return reading.code === undefined && status === 400 ? { ...reading, code: 'invalid_argument' } : reading;
    },
    howToCheck,
  };
}
