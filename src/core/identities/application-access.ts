import { z } from 'zod';
import type { CallContext } from '../base/call-context.ts';
import type { Directory } from './directory.ts';
import type { ApplicationAccess } from './identities.ts';
import { readAnswer } from './unexpected-answer.ts';

const credentialsSchema = z.object({
  passwordCredentials: z.array(z.unknown()).nullish(),
  keyCredentials: z.array(z.unknown()).nullish(),
});

/** https://learn.microsoft.com/graph/api/application-list-owners */
export async function readApplicationAccess(
  directory: Directory,
  objectId: string,
  call: CallContext,
): Promise<ApplicationAccess> {
  const path = `/applications/${encodeURIComponent(objectId)}`;
  const params = { $select: 'id,passwordCredentials,keyCredentials' };
  const response = await directory.sendAbout(objectId, { method: 'GET', path, params }, call);
  const { passwordCredentials, keyCredentials } = readAnswer(credentialsSchema, response, 'the app registration');
  const owners = await directory.list(objectId, `${path}/owners?$select=id`, call);
  return {
    // An owner that cannot be read is one nevertheless.
    owners: owners.map((owner) => z.object({ id: z.string() }).safeParse(owner).data?.id.toLowerCase() ?? ''),
    secrets: (passwordCredentials?.length ?? 0) + (keyCredentials?.length ?? 0),
  };
}
