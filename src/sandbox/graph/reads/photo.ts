import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { GraphError } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import type { ReadContext } from './entity-source.ts';
import { metadataAddress } from './odata-context.ts';
import { resolveEntity } from './resolve-entity.ts';

/**
 * `/users/{id}/photo`: nobody in the sandbox has uploaded a photo. The metadata then describes an image of one pixel;
 * the bytes are 404. Source: "Get profilePhoto", https://learn.microsoft.com/graph/api/profilephoto-get.
 */
export function answerPhoto(parsed: ParsedGraphPath, request: SandboxRequest, context: ReadContext): SandboxResponse {
  const { entity } = resolveEntity(parsed, context.store);
  if (parsed.suffix === '$value') {
    const message = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.";
    throw new GraphError(404, 'ImageNotFound', message);
  }
  const key = encodeURIComponent(parsed.keys[0]?.value ?? entity.id);
  return {
    status: 200,
    body: {
      '@odata.context': metadataAddress(`users('${key}')/photo/$entity`, parsed, request),
      '@odata.id': `${request.base}/${parsed.version}/users('${entity.id}@${context.caller.tenantId}')/photo`,
      '@odata.mediaContentType': 'image/gif',
      '@odata.mediaEtag': '',
      id: '1x1',
      width: 1,
      height: 1,
    },
  };
}
