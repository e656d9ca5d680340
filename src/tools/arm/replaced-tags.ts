import { leftOutPaths } from '../../core/apis/arm/body-difference.ts';
import { isRecord, member } from '../../core/base/guards.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';

/** Whether it is a PATCH after which a resource may have no other tags than those of the body. */
export function replacesTags({ method, body }: Pick<ApiRequest, 'method' | 'body'>): boolean {
  return method === 'PATCH' && isRecord(member(body, 'tags'));
}

/**
 * Resource groups and many providers take the tags of a PATCH for all of them.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
 */
export const tagsAreReplaced =
  'A PATCH with tags removes the tags that it does not name, on resource groups and many resources. To add to them: PATCH {id}/providers/Microsoft.Resources/tags/default with {"operation":"Merge","properties":{"tags":{…}}}.';

/** Current tags that such a PATCH does not name, as paths. */
export function tagsLeftOut(current: unknown, body: unknown): readonly string[] {
  return leftOutPaths({ tags: member(current, 'tags') }, { tags: member(body, 'tags') });
}
