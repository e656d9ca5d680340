import { z } from 'zod';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiRequest, ApiResponse } from '../http/api-client.ts';
import { readAnswer } from '../http/read-answer.ts';
import { Secret } from '../secrets/secret.ts';
import { applicationPath, byKey, type Directory } from './directory.ts';
import type { Application, ApplicationAccess, EnsureApplication, Ensured, NewPassword } from './identities.ts';

const optionalText = z.string().nullish();

const guid = z.string().refine(isGuid);

const applicationSchema = z.object({
  id: guid,
  appId: guid,
  displayName: optionalText,
  createdDateTime: optionalText,
  passwordCredentials: z
    .array(z.object({ keyId: z.string(), displayName: optionalText, hint: optionalText, endDateTime: optionalText }))
    .nullish(),
});

const select = 'id,appId,displayName,createdDateTime,passwordCredentials';

export async function findApplication(
  directory: Directory,
  key: { readonly appId: string } | { readonly uniqueName: string },
  call: CallContext,
): Promise<Application | undefined> {
  const path = 'appId' in key ? byKey('applications', 'appId', key.appId) : addressOf(key.uniqueName);
  const request: ApiRequest = { method: 'GET', path, params: { $select: select }, expectedStatuses: [404] };
  const response = await directory.send(request, call);
  return response.status === 404 ? undefined : learn(directory, response);
}

/**
 * An upsert by the alternate key `uniqueName`, which may be sent any number of times. What exists is left as it is.
 * https://learn.microsoft.com/graph/api/application-upsert
 */
export async function ensureApplication(
  directory: Directory,
  wanted: EnsureApplication,
  call: CallContext,
): Promise<Ensured<Application>> {
  const known = await findApplication(directory, wanted, call);
  if (known !== undefined) return { value: known, isNew: false };
  const { uniqueName, displayName, serviceManagementReference } = wanted;
  const path = addressOf(uniqueName);
  const body = withoutUndefined({ displayName, signInAudience: 'AzureADMyOrg', serviceManagementReference });
  const request: ApiRequest = { method: 'PATCH', path, body, headers: { Prefer: 'create-if-missing' } };
  const response = await directory.send(request, call).catch(async (error: unknown) => {
    throw (await findDeletedTwin(directory, uniqueName, error, call)) ?? error;
  });
  if (response.status === 201) {
    const made = learn(directory, response);
    directory.recent.add(made.id, made.appId, uniqueName);
    return { value: made, isNew: true };
  }
  // It exists, although a replica did not know it yet: it is new, and reading it may take a while.
  directory.recent.add(uniqueName);
  const read: ApiRequest = { method: 'GET', path, params: { $select: select } };
  const answer = await directory.sendAbout(uniqueName, read, call);
  const value = learn(directory, answer);
  directory.recent.add(value.id, value.appId);
  return { value, isNew: false };
}

export async function removeApplication(directory: Directory, objectId: string, call: CallContext): Promise<void> {
  await directory.send({ method: 'DELETE', path: applicationPath(objectId), expectedStatuses: [404] }, call);
}

/** https://learn.microsoft.com/graph/api/serviceprincipal-upsert */
export async function ensureServicePrincipal(
  directory: Directory,
  appId: string,
  call: CallContext,
): Promise<Ensured<string>> {
  const path = byKey('servicePrincipals', 'appId', appId);
  const read: ApiRequest = { method: 'GET', path, params: { $select: 'id' } };
  const known = await directory.send({ ...read, expectedStatuses: [404] }, call);
  if (known.status !== 404) return { value: principalIdOf(known), isNew: false };
  const request: ApiRequest = {
    method: 'PATCH',
    path,
    // An upsert needs a property; new ones are enabled anyway.
    body: { accountEnabled: true },
    headers: { Prefer: 'create-if-missing' },
    expectedStatuses: [409],
  };
  const response = await directory.sendAbout(appId, request, call);
  if (response.status === 201) {
    const id = principalIdOf(response);
    directory.recent.add(id);
    return { value: id, isNew: true };
  }
  directory.recent.add(appId);
  return { value: principalIdOf(await directory.sendAbout(appId, read, call)), isNew: false };
}

function principalIdOf(response: ApiResponse): string {
  return readAnswer(z.object({ id: guid }), response, 'the service principal').id;
}

function addressOf(uniqueName: string): string {
  return byKey('applications', 'uniqueName', uniqueName);
}

/** Reads an app, and remembers it if it is new. */
function learn(directory: Directory, response: ApiResponse): Application {
  const { id, appId, displayName, createdDateTime, passwordCredentials } = readAnswer(
    applicationSchema,
    response,
    'the app registration',
  );
  directory.recent.addIfNew(createdDateTime ?? undefined, id, appId);
  return {
    id,
    appId,
    displayName: displayName ?? '',
    passwords: (passwordCredentials ?? []).map((password) => ({
      keyId: password.keyId,
      displayName: password.displayName ?? undefined,
      hint: password.hint ?? undefined,
      endDateTime: password.endDateTime ?? undefined,
    })),
  };
}

const deletedSchema = z.object({ id: guid, uniqueName: optionalText });

/** A refused name that no app has may belong to a deleted app, which keeps it for thirty days. */
async function findDeletedTwin(
  directory: Directory,
  uniqueName: string,
  error: unknown,
  call: CallContext,
): Promise<AppError | undefined> {
  const isTaken =
    error instanceof AppError &&
    (error.status === 400 || error.status === 409) &&
    /uniqueName|same value|already exists/i.test(`${error.message} ${JSON.stringify(error.upstream?.detail ?? '')}`);
  if (!isTaken) return undefined;
  const path = '/directory/deletedItems/microsoft.graph.application?$select=id,uniqueName,displayName';
  const deleted = await directory.list(uniqueName, path, call).catch(() => []);
  const twin = deleted.map((item) => deletedSchema.safeParse(item).data).find((one) => one?.uniqueName === uniqueName);
  const facts = withoutUndefined({ status: error.status, upstream: error.upstream });
  return twin === undefined
    ? new AppError('conflict', `The unique name ${uniqueName} is taken by another object of the tenant.`, {
        hint: 'Choose another name.',
        ...facts,
      })
    : new AppError('conflict', `The app registration with the unique name ${uniqueName} has been deleted.`, {
        hint: `Restore it with graph_write POST ${quoted(`/directory/deletedItems/${twin.id}/restore`)}, or delete it for good with DELETE ${quoted(`/directory/deletedItems/${twin.id}`)}; then call again.`,
        ...facts,
      });
}

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
  const path = applicationPath(objectId);
  const params = { $select: 'id,passwordCredentials,keyCredentials' };
  const response = await directory.sendAbout(objectId, { method: 'GET', path, params }, call);
  const { passwordCredentials, keyCredentials } = readAnswer(credentialsSchema, response, 'the app registration');
  const owners = await directory.list(objectId, `${path}/owners?$select=id`, call);
  return {
    // An owner that cannot be read still counts.
    owners: owners.map((owner) => z.object({ id: z.string() }).safeParse(owner).data?.id.toLowerCase() ?? ''),
    secrets: (passwordCredentials?.length ?? 0) + (keyCredentials?.length ?? 0),
  };
}

const dayMs = 86_400_000;

const passwordSchema = z.object({
  keyId: z.string(),
  secretText: z.string().min(1),
  endDateTime: z.string().nullish(),
});

/**
 * Sent once: each success makes another secret, and its text is in this answer only. A refusal because the app is too
 * new makes none, so the request waits for the app. https://learn.microsoft.com/graph/api/application-addpassword
 */
export async function addPassword(
  directory: Directory,
  clock: Clock,
  objectId: string,
  { displayName, lifetimeDays }: { readonly displayName: string; readonly lifetimeDays: number },
  call: CallContext,
): Promise<NewPassword> {
  const endDateTime = new Date(clock.now() + lifetimeDays * dayMs).toISOString();
  const response = await directory.sendAbout(
    objectId,
    {
      method: 'POST',
      path: `${applicationPath(objectId)}/addPassword`,
      body: { passwordCredential: { displayName, endDateTime } },
      reveals: true,
    },
    call,
  );
  const { keyId, secretText, endDateTime: expiresAt } = readAnswer(passwordSchema, response, 'the new secret');
  return { keyId, secret: new Secret(secretText), expiresAt: expiresAt ?? endDateTime };
}

/** Removing what is gone already succeeds. https://learn.microsoft.com/graph/api/application-removepassword */
export async function removePassword(
  directory: Directory,
  objectId: string,
  keyId: string,
  call: CallContext,
): Promise<void> {
  const path = `${applicationPath(objectId)}/removePassword`;
  try {
    await directory.sendAbout(objectId, { method: 'POST', path, body: { keyId }, idempotent: true }, call);
  } catch (error) {
    const isGone =
      error instanceof AppError &&
      (error.status === 404 || (error.status === 400 && /no password credential/i.test(error.message)));
    if (!isGone) throw error;
  }
}
