import type { CallContext } from '../base/call-context.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ConnectionIdentity, ConnectionRecord, SecretInfo } from '../record/connection.ts';
import { identitySchema } from '../record/identity-schema.ts';
import type { CompleteConnection, ConnectionServiceOptions } from './connection-service.ts';
import { parseInput } from './parse-input.ts';
import { type CompletionInput, planCompletion } from './plan-completion.ts';
import { changeRecord } from './record-changes.ts';
import { type ResolvedSecrets, resolveSecretArguments } from './secret-arguments.ts';
import type { SecretStorage } from './secret-storage.ts';

/**
 * Supplies identity and secrets, or rotates a secret. Order: the secrets are stored, then the record points to them,
 * then what nothing points to is destroyed. Ending anywhere in between leaves the old or the new state.
 */
export async function completeRecord(
  record: ConnectionRecord,
  input: CompleteConnection,
  options: ConnectionServiceOptions,
  storage: SecretStorage,
  call: CallContext,
): Promise<ConnectionRecord> {
  const completion = await readCompletion(record, input, options, call);
  const plan = (current: ConnectionRecord, newSecrets: readonly SecretInfo[]) =>
    planCompletion(current, { ...completion.input, newSecrets });
  // Planned once before anything is stored: what is refused leaves no trace.
  plan(
    record,
    completion.resolved.secrets.flatMap((secret) => (secret.kind === 'previous' ? [] : [{ ...secret.info, ref: '' }])),
  );
  const stored = await storage.put(record.id, completion.resolved.secrets);
  try {
    const change = await changeRecord(options.store, record, (current) => plan(current, stored), call.signal);
    await storage.destroy(change.dropped);
    return change.record;
  } catch (error) {
    await storage.destroy(stored);
    throw error;
  }
}

interface Completion {
  readonly input: Omit<CompletionInput, 'newSecrets'>;
  readonly resolved: ResolvedSecrets;
}

async function readCompletion(
  record: ConnectionRecord,
  input: CompleteConnection,
  options: ConnectionServiceOptions,
  call: CallContext,
): Promise<Completion> {
  const { secrets: _secrets, replace_identity: replaceIdentity = false, ...named } = input;
  const identity = withoutUndefined(parseInput(identitySchema, named, ''));
  const resolved = await resolveSecretArguments(record, input, options, call);
  return {
    resolved,
    input: {
      identity,
      derivedIdentity: withoutNamed(resolved.identity, identity),
      goBack: resolved.secrets.flatMap((secret) => (secret.kind === 'previous' ? [secret.field] : [])),
      replaceIdentity,
      now: new Date(options.clock.now()).toISOString(),
    },
  };
}

/** What the caller named wins over what a token says about itself. */
function withoutNamed(derived: ConnectionIdentity, named: object): ConnectionIdentity {
  return Object.fromEntries(Object.entries(derived).filter(([key]) => !(key in named)));
}
