import { randomUUID } from 'node:crypto';
import { createSecretReader } from '../auth/secret-reader.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { type ConnectionRecord, secretsOf } from '../record/connection.ts';
import { buildRecord } from './build-record.ts';
import { completeRecord } from './complete-connection.ts';
import type {
  ConnectionService,
  ConnectionServiceOptions,
  CreateConnection,
  Validation,
} from './connection-service.ts';
import { createDeclaredRecords } from './declared-records.ts';
import type { OpenConnection } from './open-connection.ts';
import { changeRecord, createSecretStorage, removeRecord, type SecretStorage } from './record-changes.ts';
import { resolveSecretArgument } from './secret-arguments.ts';
import { applyValidation, type CheckRun, healthOf, isSameSubstance, runChecks } from './validate-connection.ts';

/** The lifecycle of connections over a store and a vault that other processes may use at the same time. */
export function createConnectionService(options: ConnectionServiceOptions): ConnectionService {
  const { store, vault, clock, references } = options;
  const storage = createSecretStorage({ store, vault, references, clock });
  const catalog = createCatalog(options, storage);
  const readSecret = createSecretReader({
    vault,
    references,
    declared: options.declared,
    ...(options.onSecret === undefined ? {} : { onSecret: options.onSecret }),
  });
  return {
    list: catalog.list,
    find: catalog.find,
    get: catalog.get,
    create: (input, caller) => create(input, caller, options, catalog),
    async complete(name, input, caller, call) {
      const record = await completeRecord(await catalog.getChangeable(name, caller), input, options, storage, call);
      await storage.sweep();
      return record;
    },
    async validate(name, checks, caller, call) {
      const record = await catalog.get(name, caller);
      const { opener, linkedServices } = options;
      const run = await runChecks(record, checks, { opener, readSecret, clock, linkedServices }, call);
      if (record.status !== 'ready') return { record, health: 'failing', checks: run.lines };
      if (record.origin === 'declared') {
        const outcome = applyValidation(record, run, isoNow(options));
        catalog.keepOutcome(outcome);
        return { record: outcome, health: outcome.health, checks: run.lines };
      }
      return storeOutcome(record, run, options, storage, call);
    },
    async convert(name, input, caller, call) {
      const record = await catalog.getChangeable(name, caller);
      const { convertConnection } = await import('./conversion/convert-connection.ts');
      const admin = await openAdmin(record, input.admin_connection, caller, options, catalog);
      const result = await convertConnection(record, input, { options, storage, readSecret, admin }, call);
      await storage.sweep();
      return result;
    },
    async provision(input, admin, caller, call) {
      const { provisionConnection } = await import('./provisioning/provision-connection.ts');
      const { declaredNames } = catalog;
      const work = { options, storage, readSecret, declaredNames, admin, call };
      const result = await provisionConnection(input, caller, work);
      await storage.sweep();
      return result;
    },
    resolveSecret: (field, argument, call) => resolveSecretArgument(field, argument, options, call),
    async remove(name, caller) {
      const removed = await removeRecord(store, await catalog.getChangeable(name, caller));
      await storage.destroy(secretsOf(removed));
      await storage.sweep();
      return removed;
    },
  };
}

/** Stored and declared connections together, as one caller sees them. */
interface Catalog {
  readonly declaredNames: readonly string[];
  readonly list: ConnectionService['list'];
  readonly find: ConnectionService['find'];
  readonly get: ConnectionService['get'];
  /** Like `get`; refuses declared connections. */
  getChangeable(name: string, caller: string): Promise<ConnectionRecord>;
  /** Remembers the validation of a declared connection, which has no place in the store. */
  keepOutcome(record: ConnectionRecord): void;
}

function createCatalog(
  { store, declared, references, clock }: ConnectionServiceOptions,
  { closeOverdue }: SecretStorage,
): Catalog {
  const records = createDeclaredRecords(declared, references, clock);
  const isDeclared = (name: string) => records.names.includes(name);
  return {
    declaredNames: records.names,
    list,
    find,
    get: async (name, caller) => (await find(name, caller)) ?? unknown(name, caller),
    async getChangeable(name, caller) {
      if (isDeclared(name)) {
        throw new AppError(
          'refused',
          `The connection ${name} is declared in the configuration and cannot be changed here.`,
          { hint: 'Change it in tenantry.yaml, or create a connection of another name.' },
        );
      }
      return (await find(name, caller)) ?? unknown(name, caller);
    },
    keepOutcome: records.keepOutcome,
  };

  async function list(caller: string): Promise<readonly ConnectionRecord[]> {
    const stored = await Promise.all((await store.list(caller)).map(closeOverdue));
    const own = stored.filter(({ name }) => !isDeclared(name));
    const fixed = await Promise.all(records.names.map((name) => records.get(name)));
    return [...fixed.filter((record) => record !== undefined), ...own].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function find(name: string, caller: string): Promise<ConnectionRecord | undefined> {
    if (isDeclared(name)) return records.get(name);
    const record = await store.get(name, caller);
    return record && closeOverdue(record);
  }

  async function unknown(name: string, caller: string): Promise<never> {
    // Names alone: for a message the secrets of declared connections are not read.
    const own = (await store.list(caller)).map((known) => known.name);
    throw unknownConnection(name, [...new Set([...records.names, ...own])].sort());
  }
}

/** The answer to a name that no connection has: lists the valid ones and the one that was probably meant. */
function unknownConnection(name: string, validNames: readonly string[]): AppError {
  const shown = name.replace(/[^\x21-\x7e]/g, '').slice(0, 63);
  const meant = nearest(name, validNames);
  return new AppError('not_found', `There is no connection named ${shown}.`, {
    hint: hintFor(validNames, meant),
    detail: { valid_names: validNames, ...(meant === undefined ? {} : { nearest: meant }) },
  });
}

function hintFor(validNames: readonly string[], meant: string | undefined): string {
  if (validNames.length === 0) return 'There are no connections yet: make one with create_connection.';
  const listed = validNames.slice(0, 50).join(', ');
  const more = validNames.length > 50 ? ` and ${validNames.length - 50} more` : '';
  return `${meant === undefined ? '' : `Did you mean ${meant}? `}Valid names: ${listed}${more}.`;
}

/** Opens the connection that works in the place of another one; refuses one that cannot stand in for it. */
async function openAdmin(
  { name, cloud, identity }: ConnectionRecord,
  adminName: string | undefined,
  caller: string,
  { opener }: ConnectionServiceOptions,
  catalog: Catalog,
): Promise<OpenConnection | undefined> {
  if (adminName === undefined || adminName === name) return undefined;
  const admin = await catalog.get(adminName, caller);
  const why = reasonAgainst(admin, cloud, identity.tenant_id);
  if (why !== undefined) {
    throw new AppError('refused', `The connection ${adminName} cannot change the app of ${name}: it ${why}.`, {
      hint: 'Name a complete connection of the same tenant with access read_write and Application.ReadWrite.All.',
      detail: { field: 'admin_connection' },
    });
  }
  return opener.open(admin);
}

function reasonAgainst(admin: ConnectionRecord, cloud: string, tenantId: string | undefined): string | undefined {
  if (admin.status !== 'ready') return 'is not complete';
  if (admin.access === 'read_only') return 'is read-only';
  return admin.cloud !== cloud || admin.identity.tenant_id !== tenantId ? 'is of another tenant or cloud' : undefined;
}

async function create(
  input: CreateConnection,
  caller: string,
  options: ConnectionServiceOptions,
  catalog: Catalog,
): Promise<ConnectionRecord> {
  const { clouds, store } = options;
  const record = buildRecord(input, { id: randomUUID(), owner: caller, now: isoNow(options), clouds });
  if (catalog.declaredNames.includes(record.name)) {
    throw new AppError('conflict', `A connection named ${record.name} is declared in the configuration.`, {
      hint: 'Choose another name.',
    });
  }
  await store.insert(record);
  return record;
}

/** Signals that identity or secrets changed during a validation: its outcome says nothing about the present state. */
class OutdatedValidation extends Error {
  override readonly name = 'OutdatedValidation';
}

async function storeOutcome(
  record: ConnectionRecord,
  run: CheckRun,
  options: ConnectionServiceOptions,
  storage: SecretStorage,
  call: CallContext,
): Promise<Validation> {
  const plan = (current: ConnectionRecord) => {
    if (!isSameSubstance(record, current)) throw new OutdatedValidation();
    const next = { ...applyValidation(current, run, isoNow(options)), revision: current.revision + 1 };
    return { record: next, dropped: run.proven ? current.previousSecrets : [] };
  };
  try {
    const change = await changeRecord(options.store, record, plan, call.signal);
    await storage.destroy(change.dropped);
    return { record: change.record, health: change.record.health, checks: run.lines };
  } catch (error) {
    if (!(error instanceof OutdatedValidation)) throw error;
    call.note('The connection was changed while it was validated: validate again for its present state.');
    return { record, health: healthOf(run.lines), checks: run.lines };
  }
}

function isoNow({ clock }: ConnectionServiceOptions): string {
  return new Date(clock.now()).toISOString();
}
