import { z } from 'zod';
import type { SecretArgument } from '../../core/record/secret-argument.ts';
import { Secret } from '../../core/secrets/secret.ts';

const reference = z.string().min(1).max(2_000);

const referenceSchema = z.union([
  z.strictObject({ env: reference }),
  z.strictObject({ file: reference }),
  z.strictObject({ key_vault: reference }),
  z.strictObject({ prompt: z.literal(true) }),
  z.strictObject({ previous: z.literal(true) }),
]);

const rule =
  'use {"env":"NAME"}, {"file":"/path"}, {"key_vault":"https://…"}, {"prompt":true}, {"previous":true} or a non-empty string';

/**
 * A secret of the input. A literal becomes a `Secret` while it is parsed, so that it appears in no error, log or result
 * afterwards. The forms of a reference are told in words, since their schema would be repeated for every kind of secret.
 */
export const secretArgument = z.union([z.string(), z.looseObject({})]).transform((value, context): SecretArgument => {
  const parsed = typeof value === 'string' ? parseLiteral(value) : referenceSchema.safeParse(value).data;
  if (parsed === undefined) {
    // The value stays out of the issue: it may be a secret in the wrong place.
    context.addIssue({ code: 'custom', message: rule, input: undefined });
    return z.NEVER;
  }
  return parsed;
});

function parseLiteral(text: string): Secret | undefined {
  return text.trim() === '' ? undefined : new Secret(text);
}
