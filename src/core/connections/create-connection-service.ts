import { randomUUID } from 'node:crypto';
import { readOrganization } from '../apis/devops/devops-api.ts';
import { createSecretReader } from '../auth/secret-reader.ts';
import { recordYes, type YesRequest } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Caller } from '../base/caller.ts';
import { isoNow } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { type ConnectionRecord, secretsOf } from '../record/connection.ts';
import { nameTaken } from '../storage/storage.ts';
import { buildRecord, resolveCloud } from './build-record.ts';
import { type Ceilings, createCeilings } from './ceilings.ts';
import { chooseConnections } from './choose-connections.ts';
import { completeRecord, judgeForeseen } from './complete-connection.ts';
import { type Catalog, createCatalog, requireOwner } from './connection-catalog.ts';
import type {
  CompleteConnection,
  ConnectionService,
  ConnectionServiceOptions,
  CreateConnection,
  OpenConnection,
} from './connection-service.ts';
import { createSecretStorage, removeRecord } from './record-changes.ts';
import { requireAllowedSources, resolveSecretArgument } from './secret-arguments.ts';
import { asksPassphrase, buildPromptRequest, fieldsToAsk, type PromptedService } from './secret-prompt.ts';
import { requirePerson, shareRecord } from './share-connection.ts';
import { createValidator } from './validate-for-caller.ts';

/** The lifecycle of connections over a store and a vault that other processes may use at the same time. */
export function createConnectionService(options: ConnectionServiceOptions): ConnectionService {
  const { store, vault, clock, references } = options;
  const storage = createSecretStorage({ store, vault, secrets: options.secrets, references, clock });
  const catalog = createCatalog(options, storage);
  const ceilingsOf = (caller: Caller) => createCeilings({ ...options, list: () => catalog.list(caller) });
  const readSecret = createSecretReader({
    vault,
    references,
    declared: options.declared,
    ...withoutUndefined({ onSecret: options.onSecret }),
  });
  const validate = createValidator({ options, catalog, storage, readSecret });
  return {
    list: catalog.list,
    declared: catalog.declared,
    damaged: catalog.damaged,
    choose: (wanted) => chooseConnections(wanted, { ...options, catalog }),
    revisions: catalog.revisions,
    offer: catalog.offer,
    everybodys: catalog.everybodys,
    find: catalog.find,
    get: catalog.get,
    create: (input, caller, call) => create(input, caller, { options, catalog, ceilings: ceilingsOf(caller), call }),
    async complete(name, given, caller, call) {
      const record = await catalog.getChangeable(name, caller);
      const input = withOrganizationName(given, resolveCloud(record.cloud, options.clouds));
      const fields = fieldsToAsk(record, input);
      const { prompt } = options;
      const ceilings = ceilingsOf(caller);
      const isAsking = fields.length > 0 || asksPassphrase(input);
      if (prompt === undefined || !isAsking) return complete(record, input, caller, call);
      requireAllowedSources(input, options, call);
      const said = recordYes(call.authority);
      // Asked before the person is brought to the page: a page takes a secret, never a yes.
      await judgeForeseen(record, input, ceilings, { ...call, authority: said.authority });
      const open = { record, fields, input, caller };
      return prompt.ask(buildPromptRequest(open, promptedFor(caller, said.granted)), call);
    },
    async promptAgain(name, { input, fields, granted }, caller) {
      const open = { record: await catalog.getChangeable(name, caller), fields, input, caller };
      return buildPromptRequest(open, promptedFor(caller, granted));
    },
    validate: (name, checks, caller, call) => validate(name, checks, caller, call),
    async convert(name, input, caller, call) {
      const record = await catalog.getChangeable(name, caller);
      const { convertConnection } = await import('./conversion/convert-connection.ts');
      const admin = await openAdmin(record, input.admin_connection, caller, options, catalog);
      const work = { options, storage, readSecret, admin, ceilings: ceilingsOf(caller), call };
      const result = await convertConnection(record, input, work);
      await storage.sweep();
      return result;
    },
    async provision(input, admin, caller, call) {
      const { provisionConnection } = await import('./provisioning/provision-connection.ts');
      requireOwner(admin.record, caller, 'make other identities with its rights');
      const rules = { takenNames: catalog.takenNames(caller), ceilings: ceilingsOf(caller) };
      const work = { options, storage, readSecret, admin, ...rules, call };
      const result = await provisionConnection(input, caller, work);
      await storage.sweep();
      return result;
    },
    async share(name, change, caller, call) {
      requirePerson(call.authority);
      return shareRecord(await catalog.getChangeable(name, caller), change, { store, clock, call });
    },
    resolveSecret: (wanted, caller, call) => resolveSecretArgument(wanted, caller.id, options, call),
    async remove(name, caller, call) {
      // A declared one of the name hides it, and is refused below.
      if (!catalog.takenNames(caller).includes(name) && (await store.removeDamaged(name, caller.id))) {
        return { name, secrets: [], previousSecrets: [] };
      }
      const known = await catalog.getChangeable(name, caller);
      await ceilingsOf(caller).beforeRemoval(known, call);
      const removed = await removeRecord(store, known);
      await storage.destroy(secretsOf(removed));
      await storage.sweep();
      return removed;
    },
  };

  /** What a page, or a terminal, goes on with when the person has answered. */
  function promptedFor(caller: Caller, granted: readonly YesRequest[]): PromptedService {
    return { catalog, complete: (now, input, call) => complete(now, input, caller, call), validate, granted };
  }

  async function complete(
    record: ConnectionRecord,
    input: CompleteConnection,
    caller: Caller,
    call: CallContext,
  ): Promise<ConnectionRecord> {
    const ceilings = ceilingsOf(caller);
    const completed = await completeRecord(record, input, { options, storage, ceilings, call });
    await storage.sweep();
    return completed;
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
  requireOwner(admin, caller, 'change other apps with its rights');
  const why = reasonAgainst(admin, cloud, identity.tenant_id);
  if (why !== undefined) {
    throw new AppError('refused', `The connection ${adminName} cannot change the app of ${name}: it ${why}.`, {
      hint: 'Ask the person which connection of the tenant may change apps: it needs Application.ReadWrite.All.',
      detail: { field: 'admin_connection' },
    });
  }
  return opener.open(admin, caller);
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
  if (catalog.takenNames(caller).includes(record.name)) {
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
