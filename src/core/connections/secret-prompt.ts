import type { YesRequest } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Caller } from '../base/caller.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type CheckResult,
  type ConnectionIdentity,
  type ConnectionRecord,
  identitySchema,
  parseInput,
  type SecretField,
  secretEntries,
} from '../record/connection.ts';
import { authRequirements, missingRequirements } from '../record/requirements.ts';
import type { SecretArgument } from '../record/secret-argument.ts';
import { Secret } from '../secrets/secret.ts';
import { changesSchema } from './build-record.ts';
import { changesIdentity, checkReplacement, withoutSecrets } from './complete-connection.ts';
import type { Catalog } from './connection-catalog.ts';
import type { CompleteConnection, Validation } from './connection-service.ts';
import { checkAccepted } from './secret-arguments.ts';

/** What the person supplied: secrets, and fields of the identity that the caller had left open or had wrong. */
export interface PromptAnswer {
  readonly secrets: Partial<Record<SecretField, Secret>>;
  /** Of the certificate, where it has one. */
  readonly passphrase?: Secret | undefined;
  readonly identity: ConnectionIdentity;
}

/** A completion that waits for the person behind the caller. */
export interface PromptRequest {
  /** The connection as it is now. */
  readonly record: ConnectionRecord;
  readonly caller: Caller;
  /** What the caller sent: with it, the request can be built again. Over HTTP it holds no secret. */
  readonly input: CompleteConnection;
  /** Secrets that only the person has; all are required. */
  readonly fields: readonly SecretField[];
  /** Whether the caller brings an encrypted certificate, and the person its passphrase. */
  readonly asksPassphrase: boolean;
  /** Tenant, app and place that the caller named; parsed. */
  readonly asked: ConnectionIdentity;
  /** What else the completion changes; checked. */
  readonly changes: Partial<Pick<ConnectionRecord, 'scopes' | 'settings' | 'access'>>;
  /** What a person said yes to before the page was opened. */
  readonly granted: readonly YesRequest[];
  /** Whether the caller allowed that the connection becomes another tenant or app. */
  readonly replacesIdentity: boolean;
  /** The connection in its newest state. */
  reload(): Promise<ConnectionRecord>;
  /**
   * Completes the connection with what the caller and the person supplied. Throws `invalid_argument` for a value that
   * cannot be right. `correcting` allows another tenant or app than an earlier answer to the same request named.
   */
  complete(
    answer: PromptAnswer,
    options: { readonly correcting: boolean; readonly call: CallContext },
  ): Promise<ConnectionRecord>;
  /** Validates the connection; `onLine` gets each line as soon as it is known. */
  validate(onLine: (line: CheckResult) => void, call: CallContext): Promise<Validation>;
}

/** Asks the person behind a caller for secrets: on a one-time page, or at the terminal. */
export interface SecretPrompt {
  /**
   * Resolves with the connection as it is afterwards: completed, or as it was, with a note, when the person needs longer
   * than the call may wait. Throws where the caller has to bring the person to the page.
   */
  ask(request: PromptRequest, call: CallContext): Promise<ConnectionRecord>;
}

/** The secrets of a completion that only the person can supply: asked for by name, or required and not there. */
export function fieldsToAsk(record: ConnectionRecord, input: CompleteConnection): readonly SecretField[] {
  const named = withoutSecrets(input);
  const given = secretEntries<SecretArgument>(input.secrets);
  const asked = given.flatMap(([field, argument]) => (isPrompt(argument) ? [field] : []));
  for (const field of asked) checkAccepted(record, field);
  // A connection that has no identity yet can be changed all the same: nobody has to bring its secret for that.
  if (given.length === 0 && isChangeOnly(Object.keys(withoutUndefined(named)))) return [];
  // Another app cannot use the secrets of this one.
  const isReplaced = changesIdentity(record, { ...record.identity, ...withoutUndefined(named) });
  const kept = isReplaced ? [] : record.secrets.map(({ field }) => field);
  const known = [...kept, ...given.map(([field]) => field)];
  const { missing } = missingRequirements(record, known);
  const absent = authRequirements[record.auth_type].secrets.filter((field) => missing.includes(field));
  return [...asked, ...absent];
}

/** Whether only the passphrase of a certificate is to be asked for; with the certificate itself it always is. */
export function asksPassphrase({ secrets: { certificate }, certificate_passphrase: passphrase }: CompleteConnection) {
  const isWanted = passphrase !== undefined && isPrompt(passphrase);
  return isWanted && certificate !== undefined && !isPrompt(certificate);
}

const changeFields: readonly string[] = ['scopes', 'settings', 'access', 'default_location'];

function isChangeOnly(fields: readonly string[]): boolean {
  return fields.length > 0 && fields.every((field) => changeFields.includes(field));
}

function isPrompt(argument: SecretArgument): boolean {
  return !(argument instanceof Secret) && 'prompt' in argument;
}

/** What a caller asked for, and what is not in it. */
interface OpenCompletion {
  readonly record: ConnectionRecord;
  readonly fields: readonly SecretField[];
  readonly input: CompleteConnection;
  readonly caller: Caller;
}

/** How the service goes on when the person has answered. */
export interface PromptedService {
  readonly catalog: Pick<Catalog, 'get' | 'getChangeable'>;
  readonly granted: readonly YesRequest[];
  complete(record: ConnectionRecord, input: CompleteConnection, call: CallContext): Promise<ConnectionRecord>;
  validate(
    name: string,
    checks: undefined,
    caller: Caller,
    call: CallContext,
    onLine: (line: CheckResult) => void,
  ): Promise<Validation>;
}

/**
 * The request for what a completion lacks. The person may need longer than the call: the connection is looked up again
 * when the answer comes. Throws where the completion would be refused whatever the person supplies.
 */
export function buildPromptRequest(
  { record, fields, input, caller }: OpenCompletion,
  { catalog, complete, validate, granted }: PromptedService,
): PromptRequest {
  const { name, id } = record;
  return {
    record,
    caller,
    input,
    fields,
    asksPassphrase: asksPassphrase(input),
    granted,
    ...askedChanges(record, input),
    replacesIdentity: input.replace_identity === true,
    reload: () => catalog.get(name, caller),
    async complete(answer, { correcting, call }) {
      const current = await catalog.getChangeable(name, caller);
      if (current.id !== id) throw madeAgain(name);
      return complete(current, withAnswer(input, answer, correcting), call);
    },
    validate: (onLine, call) => validate(name, undefined, caller, call, onLine),
  };
}

/** A connection that was deleted and made again under the same name is another one. */
function madeAgain(name: string): AppError {
  return new AppError('conflict', `The connection ${name} has been made again in the meantime.`, {
    hint: 'Ask for a new page.',
  });
}

/** What the caller named, checked before a person is bothered with it. */
function askedChanges(record: ConnectionRecord, input: CompleteConnection): Pick<PromptRequest, 'asked' | 'changes'> {
  const { replace_identity: replaceIdentity = false } = input;
  const { scopes, settings, access, ...named } = withoutSecrets(input);
  const changes = withoutUndefined(parseInput(changesSchema, withoutUndefined({ scopes, settings, access })));
  const identity: ConnectionIdentity = withoutUndefined(parseInput(identitySchema, named));
  checkReplacement(record, { ...record.identity, ...identity }, replaceIdentity);
  return { asked: identity, changes };
}

/** The caller's completion with the person's part in it. */
function withAnswer(
  input: CompleteConnection,
  { secrets, passphrase, identity }: PromptAnswer,
  correcting: boolean,
): CompleteConnection {
  const { certificate_passphrase: named, ...given } = input;
  const kept = named !== undefined && isPrompt(named) ? undefined : named;
  const opens = passphrase === undefined ? kept : { prompted: passphrase };
  const prompted = secretEntries(secrets).map(([field, secret]) => [field, { prompted: secret }]);
  return {
    ...given,
    ...identity,
    ...(opens === undefined ? {} : { certificate_passphrase: opens }),
    secrets: { ...input.secrets, ...Object.fromEntries(prompted) },
    ...(correcting ? { replace_identity: true } : {}),
  };
}
