import { z } from 'zod';
import type { DevOpsApi } from '../../apis/devops/devops-api.ts';
import type { CallContext } from '../../base/call-context.ts';
import { readAnswer } from '../../identities/answers.ts';

const schema = z.object({
  instanceId: z.string(),
  authenticatedUser: z.object({ id: z.string() }),
});

/** What Azure DevOps says about itself and about who asks. */
export interface ConnectionData {
  /** Id of the organization as issuers and subjects have it, in lower case. */
  readonly organizationId: string;
  /** Who asks, as `createdBy` names people and apps; in lower case. */
  readonly callerId: string;
}

export async function readConnectionData(
  devops: DevOpsApi,
  organization: string,
  call: CallContext,
): Promise<ConnectionData> {
  const path = '/_apis/connectionData';
  const request = { method: 'GET', path, apiVersion: '7.1-preview.1', scope: { organization } } as const;
  const { instanceId, authenticatedUser } = readAnswer(schema, await devops.send(request, call), 'the organization');
  return { organizationId: instanceId.toLowerCase(), callerId: authenticatedUser.id.toLowerCase() };
}
