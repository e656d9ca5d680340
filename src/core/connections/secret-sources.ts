import {
  type LiveReference,
  type SecretReference,
  type SecretReferences,
  secretRefused,
} from '../auth/secret-references.ts';
import type { Authority } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import type { NamedSecrets, WantedUse } from '../named-secrets/named-secrets.ts';
import type { SecretInfo } from '../record/connection.ts';
import type { SecretArgument } from '../record/secret-argument.ts';
import { Secret } from '../secrets/secret.ts';

/** Where secret arguments are looked up. */
export interface SecretSources {
  /** Variables and files. */
  readonly references: SecretReferences;
  readonly namedSecrets: Pick<NamedSecrets, 'resolve' | 'sourceOf'>;
  /** Whether an agent may pass secrets literally, where its channel allows it: `secrets.inline` of the configuration. */
  readonly inlineSecrets: boolean;
  /** Called with every secret that is supplied, so that logs and answers can mask it. */
  readonly onSecret?: (secret: Secret) => void;
  /** Called with the reason of each refusal: the operator may know it, the agent may not. */
  readonly onRefused?: (reason: string) => void;
}

/** A secret argument, what it is for, and whose secrets it may name. */
export interface WantedSecret {
  /** Its name in messages. */
  readonly field: string;
  readonly argument: Exclude<SecretArgument, { readonly previous: true }>;
  readonly use: WantedUse;
  readonly owner: string;
}

export interface ReadSecret {
  readonly secret: Secret;
  readonly source: SecretInfo['source'];
  /** Where it can be read again. */
  readonly live?: LiveReference;
}

/**
 * Reads a secret argument. The operator may name any variable and any file. An agent may name what the configuration
 * allows, and over HTTP only secrets by name; what leaves Tenantry for somebody who keeps it must be one of those, since
 * only they say where they may go. Everything else is refused before it is touched.
 */
export async function readSecretSource(
  wanted: WantedSecret,
  sources: SecretSources,
  call: CallContext,
): Promise<ReadSecret> {
  requireAllowedSource(wanted, sources, call.authority);
  const read = await readAllowed(wanted, sources, call);
  sources.onSecret?.(read.secret);
  return read;
}

/**
 * Throws `refused` for an argument that this caller may not use at all, without touching what it names. Work that goes on
 * after its call, on a page, has the rights of another channel, so this comes before it.
 */
export function requireAllowedSource(
  wanted: Pick<WantedSecret, 'field' | 'argument'> & { readonly use: Pick<WantedUse, 'kind'> },
  sources: SecretSources,
  authority: Authority,
): void {
  const why = reasonAgainst(wanted, sources, authority);
  if (why === undefined) return;
  // The field comes last: before a colon, the log takes its name for that of a secret.
  sources.onRefused?.(`${why} (${wanted.field})`);
  throw secretRefused(wanted.use.kind);
}

function reasonAgainst(
  { argument, use }: Pick<WantedSecret, 'argument'> & { readonly use: Pick<WantedUse, 'kind'> },
  { inlineSecrets }: SecretSources,
  { actor, channel }: Authority,
): string | undefined {
  const isForAll = !(argument instanceof Secret) && ['secret', 'prompt', 'prompted'].some((form) => form in argument);
  if (actor === 'operator' || isForAll) return undefined;
  if (channel === 'http') return 'over HTTP, only {secret} and {prompt} are accepted';
  if (argument instanceof Secret) return inlineSecrets ? undefined : 'secrets.inline forbids literal secrets';
  return use.kind === 'export' ? 'only a named secret, bound to its place, may be handed on' : undefined;
}

async function readAllowed(wanted: WantedSecret, sources: SecretSources, call: CallContext): Promise<ReadSecret> {
  const { field, argument, use, owner } = wanted;
  const { references, namedSecrets } = sources;
  const { actor } = call.authority;
  if (argument instanceof Secret) {
    if (actor === 'agent') {
      call.note(
        `${field} passed through the model: rotate it, and let the person who runs Tenantry supply the new one.`,
      );
    }
    return { secret: trimmed(argument), source: 'inline' };
  }
  if ('secret' in argument) {
    const secret = await namedSecrets.resolve(argument.secret, use, owner, call);
    const source = await namedSecrets.sourceOf(argument.secret, owner, call);
    // It is the configuration that says where it is.
    return { secret, source: 'named', ...(source && { live: { source, actor: 'operator' } }) };
  }
  if ('prompted' in argument) return { secret: trimmed(argument.prompted), source: 'prompt' };
  if ('prompt' in argument) throw cannotAsk(field);
  const source: SecretReference = argument;
  const secret = await references.resolve(source, actor);
  return { secret, source: 'env' in source ? 'env' : 'file', live: { source, actor } };
}

/** Pasted values often end with a line break; no kind of secret begins or ends with white space. */
function trimmed(secret: Secret): Secret {
  return new Secret(secret.reveal().trim());
}

function cannotAsk(field: string): AppError {
  return new AppError('unsupported', `Nobody can be asked for ${field} here.`, {
    hint: 'Ask the person who runs Tenantry to supply it with tenantry connections complete, or to name a secret for it.',
  });
}
