import { type SecretReferences, secretRefused } from '../auth/secret-references.ts';
import type { CallContext } from '../base/call-context.ts';
import { type Caller, localCaller } from '../base/caller.ts';
import { type Clock, isoNow } from '../base/clock.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import type { Secret } from '../secrets/secret.ts';
import {
  type Keys,
  type NamedSecret,
  type NamedSecretStore,
  namedSecretPattern,
  type Vault,
} from '../storage/storage.ts';
import { isAtHome, outOfBounds } from './bound-use.ts';
import { createKeepers, isOverdue } from './keep-secrets.ts';
import type { ConfiguredSecret, NamedSecrets, NamedSecretView, NewNamedSecret, WantedUse } from './named-secrets.ts';
import { createSealedSecrets, type SealedSecrets } from './sealed-secrets.ts';

export interface NamedSecretsOptions {
  /** `secrets.named` of the configuration. */
  readonly configured: Readonly<Record<string, ConfiguredSecret>>;
  readonly store: NamedSecretStore;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly references: SecretReferences;
  readonly clock: Clock;
  /** Clouds that may see any secret: the sandbox of this process. */
  readonly isFreeCloud: (cloud: string) => boolean;
  /** The cloud of a secret that names none. Default `public`. */
  readonly defaultCloud?: string;
  /** Whether a caller may still use a connection that is shared with them. Default: never. */
  readonly mayUse?: (connectionId: string, caller: Caller) => Promise<boolean>;
  /** Called with every secret that is read, so that logs and answers can mask it. */
  readonly onSecret?: (secret: Secret) => void;
  /** Called with the reason of each refusal: the operator may know it, the agent may not. */
  readonly onRefused?: (reason: string) => void;
}

export function createNamedSecrets(options: NamedSecretsOptions): NamedSecrets {
  const { store, vault, keys, clock } = options;
  const sealed = createSealedSecrets({ vault, keys });
  const work: Work = { ...options, sealed };
  return {
    list: (owner, caller) => list({ owner, caller }, work),
    set: (secret, owner) => set(secret, owner, work),
    async reveal(name, owner, caller) {
      const found = await find(name, { owner, caller }, work);
      // What is granted is its use: its material stays with the operator.
      if ('configured' in found && owner !== localCaller.id) throw unknownSecret(name);
      const secret = await read(found, work);
      options.onSecret?.(secret);
      return secret;
    },
    async remove(name, owner) {
      refuseConfigured(name, owner, options);
      const removed = await store.remove(name, owner);
      if (removed === undefined) throw unknownSecret(name);
      await vault.destroy(removed.ref);
    },
    async resolve(name, use, owner, call) {
      const secret = await resolve(name, use, owner, call, work);
      options.onSecret?.(secret);
      return secret;
    },
    async sourceOf(name, owner, { caller }) {
      const found = await find(name, { owner, caller }, work);
      return 'configured' in found ? found.configured.source : undefined;
    },
    keeperOf: createKeepers({
      store,
      vault,
      sealed,
      clock,
      isTaken: (name, owner) => configuredAs(name, { owner }, options) !== undefined,
    }),
  };
}

interface Work extends NamedSecretsOptions {
  readonly sealed: SealedSecrets;
}

type Found = { readonly configured: ConfiguredSecret } | { readonly stored: NamedSecret };

/** Whose secrets are meant. Without a caller, of the configuration's only the local owner's. */
interface Whose {
  readonly owner: string;
  readonly caller?: Caller | undefined;
}

/** Undefined also where there is one that is not for them: they must not learn that. */
function configuredAs(name: string, whose: Whose, { configured }: NamedSecretsOptions): ConfiguredSecret | undefined {
  const found = Object.hasOwn(configured, name) ? configured[name] : undefined;
  return found !== undefined && isFor(found, whose) ? found : undefined;
}

function isFor({ isFor: isGranted }: ConfiguredSecret, { owner, caller }: Whose): boolean {
  if (owner === localCaller.id) return true;
  return caller?.id === owner && isGranted?.(caller) === true;
}

/**
 * Throws `not_found`. A secret whose time is over is gone, whether or not it has been destroyed. What a person has themselves
 * goes before what they are granted: no grant of the operator's takes its place.
 */
async function find(name: string, whose: Whose, work: Work): Promise<Found> {
  const configured = configuredAs(name, whose, work);
  if (configured !== undefined && whose.owner === localCaller.id) return { configured };
  const stored = namedSecretPattern.test(name) ? await work.store.get(name, whose.owner) : undefined;
  if (stored !== undefined && !isOverdue(stored, work.clock.now())) {
    if (await isStillTheirs(stored, whose, work)) return { stored };
    throw unknownSecret(name);
  }
  if (configured !== undefined) return { configured };
  throw unknownSecret(name);
}

/** A secret that a shared connection has handed out is good for as long as that is shared. */
async function isStillTheirs({ origin }: NamedSecret, { owner, caller }: Whose, { mayUse }: Work): Promise<boolean> {
  if (origin?.sharedBy === undefined) return true;
  return caller?.id === owner && (await mayUse?.(origin.connectionId, caller)) === true;
}

function read(found: Found, { references, sealed }: Work): Promise<Secret> {
  return 'configured' in found ? references.resolve(found.configured.source, 'operator') : sealed.open(found.stored);
}

async function resolve(name: string, use: WantedUse, owner: string, call: CallContext, work: Work): Promise<Secret> {
  try {
    const found = await find(name, { owner, caller: call.caller }, work);
    await requireBound(name, found, use, call, work);
    return await read(found, work);
  } catch (error) {
    // The way to a yes is for the agent; why there is nothing to use is not.
    if (call.authority.actor === 'operator' || !(error instanceof AppError) || error instanceof NeedsYes) {
      throw error instanceof NeedsYes ? error.reason : error;
    }
    work.onRefused?.(`the secret ${JSON.stringify(name.slice(0, 127))}: ${error.message}`);
    throw secretRefused(use.kind);
  }
}

/** Carries what `requireYes` has thrown past the common refusal. */
class NeedsYes extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('needs a yes');
    this.reason = reason;
  }
}

async function requireBound(name: string, found: Found, use: WantedUse, call: CallContext, work: Work): Promise<void> {
  if ('stored' in found && found.stored.source !== 'person') {
    if (isAtHome(found.stored, use)) return;
    await askForYes(found.stored, use, call).catch((reason: unknown) => {
      throw new NeedsYes(reason);
    });
    return;
  }
  const why = outOfBounds('stored' in found ? found.stored : found.configured, use, work.isFreeCloud);
  if (why === undefined) return;
  throw new AppError('refused', `The secret ${name} may not be used for this: ${why}.`, {
    hint: 'Its uses and places are set in tenantry.yaml, or with tenantry secrets set.',
  });
}

function askForYes({ name, origin }: NamedSecret, use: WantedUse, call: CallContext): Promise<void> {
  const isSignIn = use.kind === 'sign_in';
  const place = isSignIn
    ? `sign in as the app \`${use.clientId ?? '?'}\` of the tenant \`${use.tenantId ?? '?'}\` in the cloud \`${use.cloud}\``
    : `hand it to \`${use.holder}\``;
  const targets = isSignIn ? [] : (use.targets ?? []);
  return call.authority.requireYes({
    grade: 'authority',
    summary: `Use the kept secret \`${name}\` elsewhere than where it belongs: ${place}`,
    details: [
      `It belongs to \`${origin?.resource ?? '?'}\` of the tenant \`${origin?.tenantId ?? '?'}\`.`,
      `It would be used to ${place}.`,
      ...targets.map((target) => `It would be sent on to \`${target}\`.`),
    ],
    ...(isSignIn ? {} : { connection: use.connection.name }),
  });
}

async function list(whose: Whose, work: Work): Promise<readonly NamedSecretView[]> {
  const { owner } = whose;
  const isHidden = (name: string) => owner === localCaller.id && configuredAs(name, whose, work) !== undefined;
  const current = (await work.store.list(owner)).filter(
    (one) => !isOverdue(one, work.clock.now()) && !isHidden(one.name),
  );
  const theirs = await Promise.all(current.map((one) => isStillTheirs(one, whose, work)));
  const stored = current.filter((_, index) => theirs[index]);
  const isShown = ([name, one]: readonly [string, ConfiguredSecret]) =>
    isFor(one, whose) && !stored.some((other) => other.name === name);
  const configured = await Promise.all(
    Object.entries(work.configured)
      .filter(isShown)
      .map(async ([name, one]): Promise<NamedSecretView> => {
        const { use, to, cloud } = one;
        const view = { name, source: 'configuration' as const, use, to, cloud };
        try {
          return { ...view, fingerprint: await work.sealed.fingerprint(await read({ configured: one }, work)) };
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return { ...view, problem: error.message };
        }
      }),
  );
  return [...configured, ...stored.map(viewOf)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function viewOf({ ref: _ref, owner: _owner, ...rest }: NamedSecret): NamedSecretView {
  return rest;
}

async function set(
  { name, secret, use, to, cloud: named }: NewNamedSecret,
  owner: string,
  work: Work,
): Promise<NamedSecretView> {
  const cloud = named ?? work.defaultCloud ?? 'public';
  refuseConfigured(name, owner, work);
  if (!namedSecretPattern.test(name)) {
    throw invalidArgument('The name is not valid.', 'Use 1 to 127 of a-z, A-Z, 0-9, _, . and -.');
  }
  if (use.length === 0 || use.includes('export') !== to.length > 0) {
    throw invalidArgument(
      `${name} needs a use, and a place for each export.`,
      'Use sign_in, or export with the places that it may go to: a holder, and a target for workspace connections.',
    );
  }
  const fingerprint = await work.sealed.fingerprint(secret);
  const row = { name, owner, fingerprint, source: 'person' as const, use, to, cloud, storedAt: isoNow(work.clock) };
  const stored = await work.sealed.seal(row, secret);
  const replaced = await work.store.put(stored);
  if (replaced !== undefined) await work.vault.destroy(replaced.ref);
  return viewOf(stored);
}

function refuseConfigured(name: string, owner: string, options: NamedSecretsOptions): void {
  if (configuredAs(name, { owner }, options) === undefined) return;
  throw new AppError('refused', `The secret ${name} is one of the configuration.`, {
    hint: 'Change it in tenantry.yaml, or choose another name.',
  });
}

function unknownSecret(name: string): AppError {
  return new AppError('not_found', `There is no secret named ${JSON.stringify(name.slice(0, 127))}.`, {
    hint: 'tenantry secrets list shows all of them.',
  });
}
