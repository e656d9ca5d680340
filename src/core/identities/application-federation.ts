import { z } from 'zod';
import type { CallContext } from '../base/call-context.ts';
import { byKey, type Directory } from './directory.ts';
import type { CredentialStore } from './federated-credentials.ts';
import type { FederatedCredential } from './identities.ts';

const credentialSchema = z.object({
  name: z.string(),
  issuer: z.string(),
  // A credential with a matching expression has no subject.
  subject: z.string().nullish(),
  audiences: z.array(z.string()),
  description: z.string().nullish(),
});

/** Credentials of an app registration. https://learn.microsoft.com/graph/api/resources/federatedidentitycredential */
export function applicationCredentials(
  directory: Directory,
  objectId: string,
): CredentialStore & { remove(name: string, call: CallContext): Promise<void> } {
  const application = `/applications/${encodeURIComponent(objectId)}`;
  const path = `${application}/federatedIdentityCredentials`;
  const addressOf = (name: string) => `${application}${byKey('federatedIdentityCredentials', 'name', name)}`;
  return {
    title: 'the app registration',
    async list(call) {
      const items = await directory.list(objectId, path, call);
      return items.flatMap((item) => {
        const credential = credentialSchema.safeParse(item).data;
        return credential === undefined ? [] : [fromGraph(credential)];
      });
    },
    async put({ name, issuer, subject, audience, description }, call) {
      const body = {
        issuer,
        subject,
        audiences: [audience],
        ...(description === undefined ? {} : { description }),
      };
      const headers = { Prefer: 'create-if-missing' };
      const response = await directory.sendAbout(
        objectId,
        { method: 'PATCH', path: addressOf(name), body, headers },
        call,
      );
      return response.status === 201;
    },
    async remove(name, call) {
      await directory.send({ method: 'DELETE', path: addressOf(name), expectedStatuses: [404] }, call);
    },
  };
}

function fromGraph({
  name,
  issuer,
  subject,
  audiences,
  description,
}: z.output<typeof credentialSchema>): FederatedCredential {
  return {
    name,
    issuer,
    subject: subject ?? '',
    audience: audiences[0] ?? '',
    ...(description == null ? {} : { description }),
  };
}
