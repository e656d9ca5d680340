import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiRequest } from '../http/api-client.ts';
import type { Page } from '../http/page.ts';
import type { SecretArgument } from '../record/secret-argument.ts';
import { Secret } from '../secrets/secret.ts';
import type { CheckedCredential, CheckedCredentials } from './check-credentials.ts';
import { type CheckedProperties, checkProperties } from './check-properties.ts';
import { destinationsOf } from './destinations.ts';
import { noteFilter, noteHabits } from './note-habits.ts';
import { connectionRequest, nameRules, type ParentAddress, parentAddress } from './parent-address.ts';
import { shownName } from './property-problems.ts';
import { checkReplacement, cleanConnection, cleanPage, isFresh, isOlder, readConnection } from './stored-connection.ts';
import type {
  ConnectionParent,
  CredentialValue,
  ExtraValue,
  ListWorkspaceConnections,
  PageWorkspaceConnections,
  PrepareWorkspaceConnection,
  PutWorkspaceConnection,
  WorkspaceConnection,
  WorkspaceConnectionName,
  WorkspaceConnectionProperties,
} from './workspace-connection.ts';

/** Names that a `not_found` lists at most. */
const mostNames = 50;
/** Names that are looked through for the nearest one. */
const mostLooked = 2_000;

/**
 * Connections of Azure ML workspaces and Azure AI Foundry accounts and projects, with the rights of one connection of
 * ours. Failures are `AppError`s with hints.
 */
export class WorkspaceConnections {
  readonly #arm: ArmApi;
  /** For notes on connections that expire. */
  readonly #clock: Clock;

  constructor(arm: ArmApi, clock: Clock) {
    this.#arm = arm;
    this.#clock = clock;
  }

  /** All of them, or the one with the name. */
  async list(input: ListWorkspaceConnections, call: CallContext): Promise<readonly WorkspaceConnection[]> {
    const { parent, name, category, target } = input;
    if (name !== undefined) {
      const one = await this.get({ parent, name }, call);
      const wanted = { category, target };
      return Object.entries(wanted).every(([key, value]) => value === undefined || one.properties[key] === value)
        ? [one]
        : [];
    }
    const { path } = this.#addressOf(parent);
    const found: WorkspaceConnection[] = [];
    for await (const page of this.pages(input, call)) {
      found.push(...page.items.map((one) => cleanConnection(one, path)).filter((one) => one !== undefined));
    }
    return found;
  }

  /** The same, a page at a time. */
  async *pages(input: PageWorkspaceConnections, call: CallContext): AsyncGenerator<Page, void, undefined> {
    const { parent, category, target, limits = {}, nextLink } = input;
    const { path, apiVersion } = this.#addressOf(parent);
    noteFilter(category, call);
    const request: ApiRequest =
      nextLink === undefined
        ? { method: 'GET', path, apiVersion, params: { target, category } }
        : { method: 'GET', path: nextLink, verbatim: true };
    for await (const page of this.#arm.pages(request, limits, call)) {
      yield cleanPage(page, path);
    }
  }

  /** Throws `not_found`, naming those that exist. */
  async get({ parent, name }: WorkspaceConnectionName, call: CallContext): Promise<WorkspaceConnection> {
    const address = this.#addressOf(parent);
    const found = await this.#find(address, name, call);
    if (found === undefined) throw await this.#notFound(parent, address, name, call);
    return found;
  }

  /** Checks properties against the union and reads their secrets. Sends nothing; notes what is unusual. */
  async prepare(input: PrepareWorkspaceConnection, call: CallContext): Promise<WorkspaceConnectionProperties> {
    const holder = this.#addressOf(input.parent).path.replace(/\/connections$/, '');
    const checked = checkProperties(input.properties, input.parent.kind);
    noteHabits(checked, { parent: input.parent.kind, now: this.#clock.now() }, call);
    const targets = destinationsOf(checked);
    return readSecrets(checked, (field, argument) => input.resolveSecret({ field, argument, holder, targets }));
  }

  /**
   * Writes the whole connection. The API has no precondition (no etag, no If-None-Match): a connection of the same
   * name that someone creates between our read and our write is replaced; only the times in the answer show it.
   */
  async put(input: PutWorkspaceConnection, call: CallContext) {
    const address = this.#addressOf(input.parent);
    const request = connectionRequest('PUT', address, input.name);
    // Checked again for those who did not come through `prepare`.
    const properties = await readSecrets(
      checkProperties(input.properties, input.parent.kind, { isRead: true }),
      takeSecret,
    );
    const existing = await this.#find(address, input.name, call);
    if (existing !== undefined) checkReplacement(existing, input);
    const connection = await this.#write({ ...request, body: bodyOf(properties) }, { address, input, existing }, call);
    if (existing === undefined && isOlder(connection) && call.record.attempts <= 1) {
      call.note('Someone else made a connection of this name at the same time: it has been replaced.');
    }
    return { connection, replaced: existing !== undefined };
  }

  /** Resolves with what was removed. Throws `not_found`, naming those that exist. */
  async remove({ parent, name }: WorkspaceConnectionName, call: CallContext): Promise<WorkspaceConnection> {
    const address = this.#addressOf(parent);
    const existing = await this.get({ parent, name }, call);
    try {
      // 204 although it just existed: an attempt whose answer was lost removed it, or someone else did.
      await this.#arm.send({ ...connectionRequest('DELETE', address, name), expectedStatuses: [404] }, call);
    } catch (error) {
      if (!isInDoubt(error, call) || (await this.#find(address, name, call)) !== undefined) throw error;
      call.note('The answer to the delete was lost; the connection is gone.');
    }
    return existing;
  }

  #addressOf(parent: ConnectionParent): ParentAddress {
    return parentAddress(parent, () => this.#arm.subscriptionPath);
  }

  async #find(address: ParentAddress, name: string, call: CallContext): Promise<WorkspaceConnection | undefined> {
    const request = connectionRequest('GET', address, name);
    const { status, body } = await this.#arm.send({ ...request, expectedStatuses: [404] }, call);
    return status === 404 ? undefined : readConnection(body, address.path, name);
  }

  /** Sends the PUT. One whose answer was lost for good is looked up instead of being reported as unknown. */
  async #write(request: ApiRequest, { address, input, existing }: Written, call: CallContext) {
    try {
      const { body } = await this.#arm.send(request, call);
      const written = cleanConnection(body, address.path) ?? (await this.#find(address, input.name, call));
      return written ?? readConnection(body, address.path, input.name);
    } catch (error) {
      const found = isInDoubt(error, call) ? await this.#find(address, input.name, call) : undefined;
      if (found === undefined || !isFresh(found, existing, input.properties)) throw error;
      call.note('The answer to the write was lost; the connection is there, as it was written.');
      return found;
    }
  }

  async #notFound(parent: ConnectionParent, address: ParentAddress, name: string, call: CallContext) {
    const names: string[] = [];
    // Throws what is wrong with the parent, when that is what is missing.
    for await (const page of this.pages({ parent }, call)) {
      // A name that the service cannot have given stays out of the hint.
      const found = page.items.map((one) => cleanConnection(one, address.path)?.name ?? '');
      names.push(...found.filter((one) => nameRules.foundryConnection.pattern.test(one)));
      if (names.length >= mostLooked) break;
    }
    const meant = nearest(name, names);
    const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
    const valid = `Its connections: ${quoteNames(names.slice(0, mostNames))}${more}.`;
    return new AppError('not_found', `There is no connection named ${name} in ${address.title}.`, {
      status: 404,
      hint:
        names.length === 0
          ? 'It has no connections; create_workspace_connection makes one.'
          : `${meant === undefined ? '' : `Did you mean ${quoted(meant)}? `}${valid}`,
      detail: withoutUndefined({ valid_names: names.slice(0, mostNames), nearest: meant }),
    });
  }
}

/** References are read by `prepare`; what is written holds its secrets. */
async function takeSecret(field: string, argument: SecretArgument): Promise<Secret> {
  if (argument instanceof Secret) return argument;
  throw invalidArgument(`${field} is a reference.`, 'Read it first, with prepare.');
}

interface Written {
  readonly address: ParentAddress;
  readonly input: PutWorkspaceConnection;
  readonly existing: WorkspaceConnection | undefined;
}

function isInDoubt(error: unknown, { signal }: CallContext): boolean {
  return error instanceof AppError && error.code === 'outcome_unknown' && !signal.aborted;
}

type Resolve = (field: string, argument: SecretArgument) => Promise<Secret>;

/** Reads the secrets of checked properties, one after the other: a person may be asked for them. */
async function readSecrets(checked: CheckedProperties, resolve: Resolve): Promise<WorkspaceConnectionProperties> {
  const { authType, category, credentials, others } = checked;
  if (credentials === undefined) return { authType, category, ...others };
  return { authType, category, ...others, credentials: await readAll(credentials, resolve) };
}

async function readAll(
  credentials: CheckedCredentials,
  resolve: Resolve,
): Promise<Readonly<Record<string, CredentialValue>>> {
  const read: [string, CredentialValue][] = [];
  for (const [name, member] of credentials) {
    read.push([name, await readOne(`properties.credentials.${name}`, member, resolve)]);
  }
  return Object.fromEntries(read);
}

async function readOne(field: string, member: CheckedCredential, resolve: Resolve): Promise<CredentialValue> {
  switch (member.kind) {
    case 'secret':
      return resolve(field, member.argument);
    case 'secrets': {
      const read: [string, Secret][] = [];
      for (const [name, argument] of member.entries) {
        read.push([name, await resolve(`${field}.${name}`, argument)]);
      }
      return Object.fromEntries(read);
    }
    case 'extra':
      // Only literals can be in there: references below such a member are refused.
      return (await readBelow(field, member.value, resolve)) as ExtraValue;
    case 'text':
      return member.value;
  }
}

async function readBelow(field: string, value: unknown, resolve: Resolve): Promise<unknown> {
  if (value instanceof Secret) return resolve(field, value);
  if (typeof value !== 'object' || value === null) return value;
  const read: [string, unknown][] = [];
  for (const [name, one] of Object.entries(value)) {
    read.push([name, await readBelow(`${field}.${shownName(name)}`, one, resolve)]);
  }
  return Array.isArray(value) ? read.map(([, one]) => one) : Object.fromEntries(read);
}

/** The body of a PUT, with its secrets revealed: made at the moment of use, kept nowhere. */
function bodyOf({ credentials, ...others }: WorkspaceConnectionProperties): Readonly<Record<string, unknown>> {
  return { properties: credentials === undefined ? others : { ...others, credentials: revealed(credentials) } };
}

function revealed(credentials: Readonly<Record<string, CredentialValue>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, reveal(value)]));
}

function reveal(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(reveal);
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, reveal(one)]))
    : value;
}
