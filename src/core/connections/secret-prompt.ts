import type { CallContext } from '../base/call-context.ts';
import type { WantedUse } from '../named-secrets/named-secrets.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';

/** What a person is asked for. */
export interface SecretRequest {
  /** The argument that is wanted, such as `client_secret` or `properties.credentials.key`. */
  readonly field: string;
  /** What it will be used for: the person sees where it goes. */
  readonly use: WantedUse;
  /** The connection that will sign in with it. */
  readonly record?: ConnectionRecord;
}

/** Asks a person for a secret that the caller does not get to see. */
export interface SecretPrompt {
  /** Throws `unsupported` where no person can be reached. */
  ask(request: SecretRequest, call: CallContext): Promise<Secret>;
}
