import { createHash } from 'node:crypto';
import type { Caller } from '../base/caller.ts';
import { type Cloud, isSandboxCloud } from '../base/clouds.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { mayFanOut } from '../policy/connection-rules.ts';
import type { ConnectionRecord, ConnectionScope } from '../record/connection.ts';
import { mostConnections, type NamedConnections } from '../record/connection-names.ts';
import type { Catalog } from './connection-catalog.ts';
import type { ConnectionServiceOptions } from './connection-service.ts';

/** Connections that are read together. */
export interface ChosenConnections {
  /** In the order in which their items come. */
  readonly records: readonly ConnectionRecord[];
  /** What was made of the names, for the notes of the answer. */
  readonly notes: readonly string[];
}

export interface ChoiceOptions {
  /** Several, or all. */
  readonly named: Exclude<NamedConnections, { readonly kind: 'one' }>;
  /** What each of them must be for. */
  readonly scope: ConnectionScope;
  readonly caller: Caller;
}

type ChooserParts = Pick<ConnectionServiceOptions, 'clouds' | 'policy' | 'declared'> & {
  readonly catalog: Pick<Catalog, 'look' | 'find' | 'offer'>;
};

/**
 * Finds the connections that a call reads together, before anything is sent. Throws where one of them is unknown, not ready or
 * without the scope; `*` leaves such out, and the sandbox.
 */
export function chooseConnections(options: ChoiceOptions, parts: ChooserParts): Promise<ChosenConnections> {
  return options.named.kind === 'all' ? chooseAll(options, parts) : chooseNamed(options.named, options, parts);
}

async function chooseNamed(
  { names, repeated }: Extract<NamedConnections, { readonly kind: 'several' }>,
  { scope, caller }: ChoiceOptions,
  { catalog }: ChooserParts,
): Promise<ChosenConnections> {
  const found = await Promise.all(names.map((name) => catalog.find(name, caller)));
  const unknown = names.filter((_, index) => found[index] === undefined);
  const [first] = unknown;
  if (first !== undefined) {
    const are = unknown.length === 1 ? 'There is no connection' : 'There are no connections';
    throw invalidArgument(`connection: ${are} named ${unknown.join(', ')}.`, await catalog.offer(first, caller));
  }
  const records = found.filter((record) => record !== undefined);
  requireReady(records);
  const without = namesOf(records.filter(({ scopes }) => !scopes.includes(scope)));
  if (without !== '') {
    throw invalidArgument(
      `connection: without the scope ${scope}: ${without}.`,
      'Leave those names out, or have the person who runs Tenantry add the scope.',
    );
  }
  const notes = repeated.length === 0 ? [] : [`Named more than once and read once: ${repeated.join(', ')}.`];
  return { records, notes };
}

function requireReady(records: readonly ConnectionRecord[]): void {
  const names = namesOf(records.filter(({ status }) => status !== 'ready'));
  if (names === '') return;
  throw new AppError('configuration', `Not ready: ${names}. Nothing was sent.`, {
    hint: 'Leave those names out, or call complete_connection for each; list_connections shows what they lack.',
  });
}

async function chooseAll({ scope, caller }: ChoiceOptions, parts: ChooserParts): Promise<ChosenConnections> {
  const { catalog, policy, declared } = parts;
  if (!policy.fan_out) {
    throw new AppError('refused', 'connection: "*" is not allowed here.', {
      hint: 'Name the connections, as in "contoso,fabrikam"; or ask the person who runs Tenantry to set policy.fan_out.',
    });
  }
  const { records: seen, ambiguous } = await catalog.look(caller);
  const fitting = seen.filter(({ scopes }) => scopes.includes(scope));
  const meant = withoutSandbox(fitting, parts);
  const allowed = meant.filter((record) => mayFanOut(record, policy, declared));
  const records = allowed.filter(({ status }) => status === 'ready');
  if (records.length === 0) {
    throw new AppError('configuration', `connection: no connection with the scope ${scope} is ready for "*".`, {
      hint: 'The sandbox never counts. list_connections shows what there is.',
    });
  }
  if (records.length > mostConnections) {
    throw invalidArgument(
      `connection: "*" would be ${records.length} connections, and at most ${mostConnections} are read at once.`,
      `Name them in parts, as in "contoso,fabrikam".`,
    );
  }
  const pending = namesOf(allowed.filter(({ status }) => status !== 'ready'));
  const barred = namesOf(meant.filter((record) => !allowed.includes(record)));
  const leftOut = [
    ...(pending === '' ? [] : [`not ready: ${pending}`]),
    ...(barred === '' ? [] : [`by policy: ${barred}`]),
    ...(ambiguous.length === 0 ? [] : [`shared by several people: ${ambiguous.join(', ')}`]),
  ];
  return { records, notes: leftOut.length === 0 ? [] : [`Not in "*": ${leftOut.join('; ')}.`] };
}

/** Its ready connection never counts; others of its cloud, which somebody has made to try things, only among themselves. */
function withoutSandbox(
  records: readonly ConnectionRecord[],
  { clouds }: { readonly clouds: ReadonlyMap<string, Cloud> },
): readonly ConnectionRecord[] {
  const isOfSandbox = ({ cloud }: ConnectionRecord) => isSandboxCloud(clouds.get(cloud));
  const real = records.filter((record) => !isOfSandbox(record));
  return real.length > 0 ? real : records.filter(({ name }) => name !== 'sandbox');
}

function namesOf(records: readonly ConnectionRecord[]): string {
  return records.map(({ name }) => name).join(', ');
}

/** Names the exact set, order included: another one, or one of them with another identity, has another id. */
export function idOfConnections(records: readonly ConnectionRecord[]): string {
  const parts = records.map(({ id, cloud, identity }) => [id, cloud, identity.tenant_id, identity.client_id]);
  return `several-${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32)}`;
}
