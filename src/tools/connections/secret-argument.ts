import { z } from 'zod';
import type { SecretArgument } from '../../core/connections/connection-service.ts';
import { Secret } from '../../core/secret.ts';

const reference = z.string().min(1).max(2_000).optional();

/**
 * A secret of the input. A literal becomes a `Secret` while it is parsed, so that it appears in no error, log or result
 * afterwards.
 */
export const secretArgument = z.union([
  z
    .string()
    .min(1)
    .max(100_000)
    .transform((text): SecretArgument => new Secret(text)),
  z
    .strictObject({
      env: reference,
      file: reference,
      key_vault: reference,
      prompt: z.literal(true).optional(),
      previous: z.literal(true).optional(),
    })
    .refine(
      (source) => Object.values(source).filter((value) => value !== undefined).length === 1,
      'use exactly one of {"env":"NAME"}, {"file":"/path"}, {"key_vault":"https://…"}, {"prompt":true}, {"previous":true}',
    )
    .transform(toReference),
]);

interface References {
  readonly env?: string | undefined;
  readonly file?: string | undefined;
  readonly key_vault?: string | undefined;
  readonly prompt?: true | undefined;
  readonly previous?: true | undefined;
}

/** Exactly one is there, by the check before. */
function toReference({ env, file, key_vault, prompt }: References): SecretArgument {
  if (env !== undefined) {
    return { env };
  }
  if (file !== undefined) {
    return { file };
  }
  if (key_vault !== undefined) {
    return { key_vault };
  }
  return prompt === true ? { prompt } : { previous: true };
}
