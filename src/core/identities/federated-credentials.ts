import { z } from 'zod';
import type { CallContext } from '../base/call-context.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { applicationPath, byKey, type Directory } from './directory.ts';
import type { Ensured, FederatedCredential } from './identities.ts';

/** Most credentials of an app or a managed identity. https://learn.microsoft.com/graph/api/resources/federatedidentitycredentials-overview */
const most = 20;

/** Where the credentials of one parent are kept. */
export interface CredentialStore {
  /** For messages: `the app registration`. */
  readonly title: string;
  list(call: CallContext): Promise<readonly FederatedCredential[]>;
  /** Writes under the name; resolves with true when there was none. Repeatable. */
  put(credential: FederatedCredential, call: CallContext): Promise<boolean>;
  remove(name: string, call: CallContext): Promise<void>;
}

/** Finds a credential with the same issuer and subject, whatever its name, or makes one. */
export async function ensureCredential(
  store: CredentialStore,
  wanted: FederatedCredential,
  call: CallContext,
): Promise<Ensured<FederatedCredential>> {
  checkName(wanted.name);
  const existing = await store.list(call);
  const twin = existing.find(({ issuer, subject }) => issuer === wanted.issuer && subject === wanted.subject);
  if (twin !== undefined) {
    if (twin.audience !== wanted.audience) {
      throw conflict(
        `The credential ${quoted(twin.name)} of ${store.title} trusts this issuer and subject for the audience ${quoted(twin.audience)}, not ${wanted.audience}.`,
        'Use the audience that it has, or delete that credential first.',
      );
    }
    return { value: twin, isNew: false };
  }
  const namesake = existing.find(({ name }) => name.toLowerCase() === wanted.name.toLowerCase());
  if (namesake !== undefined) {
    throw conflict(
      `The name ${wanted.name} is taken at ${store.title} by a credential for ${quoted(namesake.issuer)} and ${quoted(namesake.subject)}.`,
      'Choose another name, or delete that credential first.',
    );
  }
  if (existing.length >= most) {
    throw conflict(
      `${capital(store.title)} has ${existing.length} federated credentials, and no more than ${most} fit: ${quoteNames(existing.map(({ name }) => name))}.`,
      'Delete one that is not needed any more.',
    );
  }
  return { value: wanted, isNew: await store.put(wanted, call) };
}

function checkName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/.test(name)) {
    throw invalidArgument(
      'The name of a federated credential is not valid.',
      'Use 3 to 120 letters, digits, - and _, beginning with a letter or digit.',
    );
  }
}

function conflict(message: string, hint: string): AppError {
  return new AppError('conflict', message, { hint });
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

const credentialSchema = z.object({
  name: z.string(),
  issuer: z.string(),
  // A credential with a matching expression has no subject.
  subject: z.string().nullish(),
  audiences: z.array(z.string()),
  description: z.string().nullish(),
});

/** Credentials of an app registration. https://learn.microsoft.com/graph/api/resources/federatedidentitycredential */
export function applicationCredentials(directory: Directory, objectId: string): CredentialStore {
  const application = applicationPath(objectId);
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
      const body = withoutUndefined({ issuer, subject, audiences: [audience], description });
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

function fromGraph(found: z.output<typeof credentialSchema>): FederatedCredential {
  const { name, issuer, subject, audiences, description } = found;
  return withoutUndefined({
    name,
    issuer,
    subject: subject ?? '',
    audience: audiences[0] ?? '',
    description: description ?? undefined,
  });
}
