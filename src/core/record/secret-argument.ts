import type { Secret } from '../secrets/secret.ts';

/** A secret argument: where to find the material, or (where the operator allows it) the material itself. */
export type SecretArgument =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly key_vault: string }
  | { readonly prompt: true }
  /** Goes back to the secret that the last rotation replaced, as long as it is kept. */
  | { readonly previous: true }
  | Secret;
