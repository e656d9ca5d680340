import type { CallContext } from '../base/call-context.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { isRecord, member, parseRecord, textOf } from '../base/guards.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { readPath } from '../secrets/answers/answer-rules.ts';
import { generatePassword } from '../secrets/generate-password.ts';
import type { Secret } from '../secrets/secret.ts';
import { type FillableRequest, type FillableSlot, findSlots } from './fillable-members.ts';
import type { NamedSecrets } from './named-secrets.ts';

export interface BodySecretsOptions {
  readonly connection: ConnectionRecord;
  /** Without it, references are refused. */
  readonly namedSecrets?: Pick<NamedSecrets, 'resolve' | 'list' | 'keeperOf'>;
  /** Told of every secret that is filled in, so that no answer shows it. */
  readonly onSecret?: (secret: Secret) => void;
}

/** Fills in the secrets of the bodies of writes, over one connection. */
export interface BodySecrets {
  /** For a dry run: throws what `fill` would throw before it asks for anything. */
  check(request: FillableRequest): void;
  /**
   * The body with its secrets. Throws `invalid_argument` for a reference where none can stand, and `refused` for a secret
   * that may not go there.
   */
  fill(request: FillableRequest, owner: string, call: CallContext): Promise<FilledBody>;
}

/** A body that is ready to be sent, and what was made for it. */
export interface FilledBody {
  readonly body: unknown;
  readonly secrets: readonly Secret[];
  /**
   * To be called once the write has happened: stores the passwords that were made, and resolves with the answer naming
   * them where the request has them. Nothing is stored for a write that failed.
   */
  keep(answer: unknown, call: CallContext): Promise<unknown>;
  /**
   * The error of the write. Where it leaves open whether it happened, the passwords are stored too, and the hint names
   * them.
   */
  explain(error: unknown): Promise<unknown>;
  /** The same for the hint of such an error. */
  nameIfDone(hint: string): Promise<string>;
}

interface Made {
  readonly slot: FillableSlot;
  readonly secret: Secret;
}

export function createBodySecrets(options: BodySecretsOptions): BodySecrets {
  return {
    check: (request) => void findSlots(request),
    async fill(request, owner, call) {
      const slots = findSlots(request);
      if (slots.length === 0) return untouched(request.body);
      const made: Made[] = [];
      const secrets: Secret[] = [];
      let body: unknown = request.body;
      for (const slot of slots) {
        const secret = await secretFor(slot, request, options, { owner, call });
        options.onSecret?.(secret);
        secrets.push(secret);
        if ('generate' in slot.reference) made.push({ slot, secret });
        body = placed(body, slot.steps, filling(slot, secret));
      }
      return filled(request, { body, secrets, made, owner }, options);
    },
  };
}

function untouched(body: unknown): FilledBody {
  return {
    body,
    secrets: [],
    keep: async (answer) => answer,
    explain: async (error) => error,
    nameIfDone: async (hint) => hint,
  };
}

async function secretFor(
  { reference, steps }: FillableSlot,
  request: FillableRequest,
  { namedSecrets, connection }: BodySecretsOptions,
  { owner, call }: { readonly owner: string; readonly call: CallContext },
): Promise<Secret> {
  if (namedSecrets === undefined) {
    throw new AppError('unsupported', `body.${steps.join('.')}: there are no named secrets here.`, {
      hint: 'Ask the person who runs Tenantry to set the password at the service.',
    });
  }
  if ('generate' in reference) return generatePassword();
  const { secret: name } = reference;
  const holder = canonicalPath(request.path);
  if (isTemplateParameter(steps)) await askForTemplate(name, holder, { namedSecrets, connection, owner, call });
  return namedSecrets.resolve(name, { kind: 'export', connection, holder }, owner, call);
}

function isTemplateParameter(steps: readonly string[]): boolean {
  return steps.at(-1)?.toLowerCase() === 'value' && steps.some((step) => step.toLowerCase() === 'parameters');
}

interface TemplateUse extends Required<Pick<BodySecretsOptions, 'namedSecrets' | 'connection'>> {
  readonly owner: string;
  readonly call: CallContext;
}

/**
 * The caller writes the template too, and a template can put the value, whole or in pieces, where everybody reads it. So a
 * secret that was not given to this deployment by name needs a person's yes, even where it may be exported.
 */
async function askForTemplate(name: string, holder: string, { namedSecrets, connection, owner, call }: TemplateUse) {
  const known = (await namedSecrets.list(owner, call.caller)).find((one) => one.name === name);
  const isGranted = known?.to.some((place) => place.holder.toLowerCase() === holder.toLowerCase()) ?? false;
  // An unknown name gets the refusal that `resolve` has for all of them.
  if (known === undefined || isGranted) return;
  await call.authority.requireYes({
    grade: 'authority',
    summary: `Hand the secret \`${name}\` to a template of the caller`,
    details: [`deployment: \`${holder}\``, 'A template can show what it is given.'],
    connection: connection.name,
  });
}

function filling({ isObject, steps }: FillableSlot, secret: Secret): unknown {
  if (!isObject) return secret.reveal();
  const object = parseRecord(secret.reveal());
  if (object !== undefined) return object;
  throw invalidArgument(
    `body.${steps.join('.')}: the parameter is a secureObject, and the secret is not the JSON text of an object.`,
    'Name a secret that holds a JSON object, or declare the parameter as secureString.',
  );
}

interface Filling {
  readonly body: unknown;
  readonly secrets: readonly Secret[];
  readonly made: readonly Made[];
  readonly owner: string;
}

function filled(
  request: FillableRequest,
  { body, secrets, made, owner }: Filling,
  options: BodySecretsOptions,
): FilledBody {
  const store = async (resource: string): Promise<readonly (string | undefined)[]> => {
    const keeper = options.namedSecrets?.keeperOf(options.connection);
    const names: (string | undefined)[] = [];
    for (const { slot, secret } of made) {
      const found = { secret, source: 'generated' as const, resource, member: slot.steps.join('.') };
      // What was written is written: a store that fails must not hide it.
      names.push(await keeper?.keep(found, owner).catch(() => undefined));
    }
    return names;
  };
  const nameIfDone = async (hint: string) => {
    const names = made.length === 0 ? [] : await store(canonicalPath(request.path));
    const kept = names.filter((name) => name !== undefined).join(', ');
    return kept === '' ? hint : `${hint} If it was carried out, its password is kept as ${kept}.`.trim();
  };
  return {
    body,
    secrets,
    nameIfDone,
    async keep(answer, call) {
      if (made.length === 0) return answer;
      const names = await store(resourceOf(request, answer));
      noteNames(names, call);
      return made.reduce((shown, { slot }, index) => {
        const name = names[index];
        return name === undefined ? shown : placed(shown, slot.steps, { secret: name });
      }, answer);
    },
    async explain(error) {
      if (made.length === 0 || !(error instanceof AppError) || error.code !== 'outcome_unknown') return error;
      return error.with({ hint: await nameIfDone(error.hint ?? '') });
    },
  };
}

function noteNames(names: readonly (string | undefined)[], call: CallContext): void {
  const kept = names.filter((name) => name !== undefined);
  if (kept.length > 0) call.note(`A password was made and is kept as ${kept.join(', ')}: only the person can see it.`);
  if (kept.length < names.length) {
    call.note('A password was made and could not be kept: nobody can read it. Set another one before it is needed.');
  }
}

/** What a generated password belongs to: the object that was made, where the address names a collection. */
function resourceOf({ api, method, path }: FillableRequest, answer: unknown): string {
  const address = canonicalPath(path);
  const id = textOf(member(answer, 'id'));
  return api === 'graph' && method === 'POST' && id !== '' && /^\/users$/i.test(address) ? `${address}/${id}` : address;
}

/** The path of a resource as secrets are bound to it: decoded, without host, version and query. */
function canonicalPath(path: string): string {
  return `/${readPath(path.replace(/^https?:\/\/[^/]+/i, '')).segments.join('/')}`;
}

/** A copy with a value at a place; what is missing on the way is made. */
function placed(value: unknown, steps: readonly string[], put: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return put;
  const object = isRecord(value) ? value : {};
  // The service may spell the member its own way.
  const own =
    Object.keys(object).find((key) => key === step) ?? Object.keys(object).find((key) => sameName(key, step)) ?? step;
  return { ...object, [own]: placed(object[own], rest, put) };
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
