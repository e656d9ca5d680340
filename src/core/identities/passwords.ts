import { z } from 'zod';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { Secret } from '../secrets/secret.ts';
import type { Directory } from './directory.ts';
import type { NewPassword } from './identities.ts';
import { readAnswer } from './unexpected-answer.ts';

const dayMs = 86_400_000;

const passwordSchema = z.object({
  keyId: z.string(),
  secretText: z.string().min(1),
  endDateTime: z.string().nullish(),
});

/**
 * Sent once: each success makes another secret, and its text is in this answer only. A refusal of an app that is too
 * new is no success, so that one is waited for. https://learn.microsoft.com/graph/api/application-addpassword
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
      path: `/applications/${encodeURIComponent(objectId)}/addPassword`,
      body: { passwordCredential: { displayName, endDateTime } },
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
  const path = `/applications/${encodeURIComponent(objectId)}/removePassword`;
  try {
    await directory.sendAbout(objectId, { method: 'POST', path, body: { keyId }, idempotent: true }, call);
  } catch (error) {
    const isGone =
      error instanceof AppError &&
      (error.status === 404 || (error.status === 400 && /no password credential/i.test(error.message)));
    if (!isGone) throw error;
  }
}
