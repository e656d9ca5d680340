import { z } from 'zod';
import { parseRecord } from '../base/guards.ts';
import { whyNoSecret } from '../secrets/no-secret.ts';
import { Secret } from '../secrets/secret.ts';

/** A secret argument: where to find the material, or (where the operator allows it) the material itself. */
export type SecretArgument =
  /** By its name: one of the configuration, set by a person, or kept from an answer. */
  | { readonly secret: string }
  | { readonly env: string }
  | { readonly file: string }
  /** A person is asked for it. */
  | { readonly prompt: true }
  /** What the person has typed. No caller can pass it. */
  | { readonly prompted: Secret }
  /** Goes back to the secret that the last rotation replaced, as long as it is kept. */
  | { readonly previous: true }
  | Secret;

const place = z.string().min(1).max(2_000);

const reference = z.union([
  z.strictObject({ secret: place }),
  z.strictObject({ env: place }),
  z.strictObject({ file: place }),
  z.strictObject({ prompt: z.literal(true) }),
  z.strictObject({ previous: z.literal(true) }),
]);

/** What a reference may be, in words. */
export const secretForms =
  '{"secret":"name"}, {"env":"TENANTRY_SECRET_…"}, {"file":"name"} below the secrets folder, {"prompt":true}, {"previous":true} or, where that is allowed, the text itself';

/** The members of which a reference has exactly one. */
export const referenceForms: readonly string[] = ['secret', 'env', 'file', 'prompt', 'previous'];

/** Whether a value has the form of a reference, right or wrong: an object with one of its members. */
export function looksLikeReference(value: object): boolean {
  const [key, ...others] = Object.keys(value);
  return others.length === 0 && key !== undefined && referenceForms.includes(key);
}

/** The reference that a text is the JSON of: hosts pass objects as text. */
export function referenceInText(
  text: string,
): Exclude<SecretArgument, Secret | { readonly prompted: Secret }> | undefined {
  return reference.safeParse(parseRecord(text)).data;
}

/** A secret argument, or what is wrong with the value: never the value itself, which may be a secret in the wrong place. */
export type ParsedSecretArgument = { readonly argument: SecretArgument } | { readonly problem: string };

/**
 * Reads a secret argument of any tool. JSON text of a reference is that reference; a text that plainly is no secret is
 * none.
 */
export function parseSecretArgument(value: unknown): ParsedSecretArgument {
  if (typeof value !== 'string' && !(value instanceof Secret)) {
    const found = reference.safeParse(value).data;
    return found === undefined ? { problem: 'is neither a text nor a reference to a secret' } : { argument: found };
  }
  const text = typeof value === 'string' ? value : value.reveal();
  if (text.trim() === '') return { problem: 'is empty' };
  const meant = referenceInText(text);
  if (meant !== undefined) return { argument: meant };
  const why = whyNoSecret(text);
  if (why !== undefined) return { problem: `looks like ${why}` };
  return { argument: typeof value === 'string' ? new Secret(value) : value };
}
