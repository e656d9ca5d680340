import { randomUUID } from 'node:crypto';
import { readOrganization } from '../apis/devops/devops-api.ts';
import { createSecretReader } from '../auth/secret-reader.ts';
import { recordYes } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Caller } from '../base/caller.ts';
import { isoNow } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { type CheckResult, type ConnectionRecord, secretsOf } from '../record/connection.ts';
import { nameTaken } from '../storage/storage.ts';
import { buildRecord, resolveCloud } from './build-record.ts';
import { type Ceilings, createCeilings } from './ceilings.ts';
import { chooseConnections } from './choose-connections.ts';
import { completeRecord, judgeForeseen } from './complete-connection.ts';
import { type Catalog, createCatalog } from './connection-catalog.ts';
import type {
  CompleteConnection,
  ConnectionService,
  ConnectionServiceOptions,
  CreateConnection,
  OpenConnection,
  Validation,
} from './connection-service.ts';
import { changeRecord, createSecretStorage, removeRecord, type SecretStorage } from './record-changes.ts';
import { requireAllowedSources, resolveSecretArgument } from './secret-arguments.ts';
import { asksPassphrase, buildPromptRequest, fieldsToAsk } from './secret-prompt.ts';
import { applyValidation, type CheckRun, healthOf, isSameSubstance, runChecks } from './validate-connection.ts';

/** The lifecycle of connections over a store and a vault that other processes may use at the same time. */
export function createConnectionService(options: ConnectionServiceOptions): ConnectionService {
  const { store, vault, clock, references } = options;
  const storage = createSecretStorage({ store, vault, secrets: options.secrets, references, clock });
  const catalog = createCatalog(options, storage);
  const ceilings = createCeilings({ ...options, list: catalog.listOf });
  const readSecret = createSecretReader({
    vault,
    references,
    declared: options.declared,
    ...withoutUndefined({ onSecret: options.onSecret }),
  });
  return {
    list: catalog.list,
    damaged: catalog.damaged,
    choose: (wanted) => chooseConnections(wanted, { ...options, catalog }),
    revisions: catalog.revisions,
    offer: catalog.offer,
    find: catalog.find,
    get: catalog.get,
    create: (input, caller, call) => create(input, caller, { options, catalog, ceilings, call }),
    async complete(name, given, caller, call) {
      const record = await catalog.getChangeable(name, caller);
      const input = withOrganizationName(given, resolveCloud(record.cloud, options.clouds));
      const fields = fieldsToAsk(record, input);
      const { prompt } = options;
      const isAsking = fields.length > 0 || asksPassphrase(input);
      if (prompt === undefined || !isAsking) return complete(record, input, call);
      requireAllowedSources(input, options, call);
      const said = recordYes(call.authority);
      // Asked before the person is brought to the page: a page takes a secret, never a yes.
      await judgeForeseen(record, input, ceilings, { ...call, authority: said.authority });
      const { granted } = said;
      return prompt.ask(
        buildPromptRequest({ record, fields, input, caller }, { catalog, complete, validate, granted }),
        call,
      );
    },
    async promptAgain(name, asked, caller) {
      const open = { ...asked, record: await catalog.getChangeable(name, caller), caller };
      return buildPromptRequest(open, { ...asked, catalog, complete, validate });
    },
    validate: (name, checks, caller, call) => validate(name, checks, caller, call),
    async convert(name, input, caller, call) {
      const record = await catalog.getChangeable(name, caller);
      const { convertConnection } = await import('./conversion/convert-connection.ts');
      const admin = await openAdmin(record, input.admin_connection, caller, options, catalog);
      const result = await convertConnection(record, input, { options, storage, readSecret, admin, ceilings, call });
      await storage.sweep();
      return result;
    },
    async provision(input, admin, caller, call) {
      const { provisionConnection } = await import('./provisioning/provision-connection.ts');
      const { declaredNames } = catalog;
      const work = { options, storage, readSecret, declaredNames, admin, ceilings, call };
      const result = await provisionConnection(input, caller, work);
      await storage.sweep();
      return result;
    },
    resolveSecret: (wanted, caller, call) => resolveSecretArgument(wanted, caller.id, options, call),
    async remove(name, caller, call) {
      // A declared one of the name hides it, and is refused below.
      if (!catalog.declaredNames.includes(name) && (await store.removeDamaged(name, caller.id))) {
        return { name, secrets: [], previousSecrets: [] };
      }
      const known = await catalog.getChangeable(name, caller);
      await ceilings.beforeRemoval(known, call);
      const removed = await removeRecord(store, known);
      await storage.destroy(secretsOf(removed));
      await storage.sweep();
      return removed;
    },
  };

  async function complete(
    record: ConnectionRecord,
    input: CompleteConnection,
    call: CallContext,
  ): Promise<ConnectionRecord> {
    const completed = await completeRecord(record, input, { options, storage, ceilings, call });
    await storage.sweep();
    return completed;
  }

  async function validate(
    name: string,
    checks: readonly string[] | undefined,
    caller: Caller,
    call: CallContext,
    onLine?: (line: CheckResult) => void,
  ): Promise<Validation> {
    const record = await catalog.get(name, caller);
    const { opener, linkedServices } = options;
    const tools = { opener, readSecret, clock, linkedServices, ...withoutUndefined({ onLine }) };
    const run = await runChecks(record, checks, tools, call);
    if (record.status !== 'ready') return { record, health: 'failing', checks: run.lines };
    if (record.origin === 'declared') {
      const outcome = applyValidation(record, run, isoNow(clock));
      catalog.keepOutcome(outcome);
      return { record: outcome, health: outcome.health, checks: run.lines };
    }
    return storeOutcome(record, run, options, storage, call);
  }
}

/** A name is stored alone, so an address has to be one of the cloud of the connection. */
function withOrganizationName(input: CompleteConnection, { devops }: Cloud): CompleteConnection {
  const { organization } = input;
  if (organization === undefined || !/^\s*https?:/i.test(organization)) return input;
  return { ...input, organization: readOrganization(organization, devops.replace(/\/+$/, '')) };
}

/** Opens the connection that changes the app on behalf of another one; refuses one that cannot. */
async function openAdmin(
  { name, cloud, identity }: ConnectionRecord,
  adminName: string | undefined,
  caller: Caller,
  { opener }: ConnectionServiceOptions,
  catalog: Catalog,
): Promise<OpenConnection | undefined> {
  if (adminName === undefined || adminName === name) return undefined;
  const admin = await catalog.get(adminName, caller);
  const why = reasonAgainst(admin, cloud, identity.tenant_id);
  if (why !== undefined) {
    throw new AppError('refused', `The connection ${adminName} cannot change the app of ${name}: it ${why}.`, {
      hint: 'Ask the person which connection of the tenant may change apps: it needs Application.ReadWrite.All.',
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

interface CreationContext {
  readonly options: ConnectionServiceOptions;
  readonly catalog: Catalog;
  readonly ceilings: Ceilings;
  readonly call: CallContext;
}

async function create(
  input: CreateConnection,
  caller: Caller,
  { options, catalog, ceilings, call }: CreationContext,
): Promise<ConnectionRecord> {
  const { clouds, store, clock } = options;
  const record = buildRecord(input, { id: randomUUID(), owner: caller.id, now: isoNow(clock), clouds });
  if (catalog.declaredNames.includes(record.name)) {
    throw new AppError('conflict', `A connection named ${record.name} is declared in the configuration.`, {
      hint: 'Choose another name.',
    });
  }
  // A name that is taken is said before a person is asked.
  if ((await store.get(record.name, caller.id)) !== undefined) throw nameTaken(record.name);
  const grantedBy = await ceilings.judge({ next: record }, call);
  const granted = { ...record, ...withoutUndefined({ grantedBy }) };
  await store.insert(granted);
  return granted;
}

/** Signals that identity or secrets changed during a validation: its outcome does not apply to the current state. */
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
    const next = { ...applyValidation(current, run, isoNow(options.clock)), revision: current.revision + 1 };
    return { record: next, dropped: run.proven ? current.previousSecrets : [] };
  };
  try {
    const change = await changeRecord(options.store, record, plan, call.signal);
    await storage.destroy(change.dropped);
    return { record: change.record, health: change.record.health, checks: run.lines };
  } catch (error) {
    if (!(error instanceof OutdatedValidation)) throw error;
    call.note('The connection was changed during its validation: validate it again.');
    return { record, health: healthOf(run.lines), checks: run.lines };
  }
}
