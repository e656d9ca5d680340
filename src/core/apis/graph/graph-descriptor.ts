import type { ApiDescriptor, DescribedRequest, FailedAnswer } from '../../http/api-descriptor.ts';
import { directoryHints } from './hints/directory.ts';
import { findReading, type HintRule } from './hints/hint-rule.ts';
import { mailHints } from './hints/mail.ts';
import { permissionHints } from './hints/permission.ts';
import { queryHints } from './hints/query.ts';
import { throttlingHints } from './hints/throttling.ts';
import { howToCheck } from './how-to-check.ts';
import { chargesOf, serviceOf } from './limits/charges.ts';
import type { PermissionIndex } from './permission-index.ts';
import { permissionTable } from './permission-table.ts';
import { isReadOnlyPost } from './read-only-posts.ts';

export interface GraphDescriptorOptions {
  /** Names the permission that a refused operation needs. Default: the table of everyday operations. */
  readonly permissions?: PermissionIndex;
}

function isReading(request: DescribedRequest): boolean {
  const { method } = request;
  return method === 'GET' || method === 'HEAD' || (method === 'POST' && (request.readOnly ?? isReadOnlyPost(request)));
}

/**
 * Refusals that mean "nothing was done, try again": two writers met, or the object is locked.
 * https://learn.microsoft.com/graph/errors
 */
function isTransient({ status, code }: FailedAnswer): boolean {
  return (
    (status === 409 && code === 'Directory_ConcurrencyViolation') || (status === 400 && code === 'RequestInProgress')
  );
}

/** Microsoft Graph as the pipeline sees it. https://learn.microsoft.com/graph/use-the-api */
export function createGraphDescriptor({ permissions = permissionTable }: GraphDescriptorOptions = {}): ApiDescriptor {
  const rules: readonly HintRule[] = [
    ...throttlingHints,
    ...queryHints,
    ...mailHints,
    ...permissionHints(permissions),
    ...directoryHints,
  ];
  return {
    name: 'graph',
    title: 'Microsoft Graph',
    versioning: { place: 'path', default: 'v1.0', pattern: /^(?:v1\.0|beta)$/, hint: 'use v1.0 or beta' },
    root: (cloud) => cloud.graph,
    // Each cloud's own root is the audience of its tokens: https://learn.microsoft.com/graph/deployments
    audience: (cloud) => cloud.graph,
    service: (request) => serviceOf(request.wirePath, request.body),
    charges: (request) =>
      chargesOf({
        method: request.method,
        path: request.wirePath,
        query: request.query,
        body: request.body,
        readOnly: isReading(request),
      }),
    isReadOnlyPost,
    isTransient,
    classifyError: (failure) =>
      findReading(rules, failure) ?? (failure.status === 400 ? { code: 'invalid_argument' } : {}),
    howToCheck,
    // Documented for v1.0 alone: https://learn.microsoft.com/graph/known-issues
    encodesSearchTwice: (apiVersion) => apiVersion === 'v1.0',
  };
}
