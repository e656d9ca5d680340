import { Caller, localCaller } from '../core/base/caller.ts';
import { AppError } from '../core/base/errors.ts';
import { isGuid } from '../core/base/guid.ts';
import { briefConnection, viewDamaged } from '../core/connections/connection-view.ts';
import type { SharingChange } from '../core/connections/share-connection.ts';
import { type ConnectionRecord, parseInput } from '../core/record/connection.ts';
import { type Grant, type GrantSubject, grantSchema, shownGrant } from '../core/record/sharing.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { openCallScope } from '../server/call-scope.ts';
import { terminalAuthority } from './ask-terminal.ts';
import type { ListFlags, OwnerFlags, ShareFlags } from './commands/sharing.ts';
import { exampleOf } from './examples.ts';
import { UsageError } from './exit-codes.ts';
import { formatOf } from './output/output-format.ts';
import { showList } from './output/show-list.ts';
import { textTable, widthOf } from './output/text-table.ts';
import { withRuntime } from './with-runtime.ts';

/** How long a change may take. */
const patienceMs = 60_000;

/** `tenantry connections share <name>`. */
export async function shareConnection(name: string, flags: ShareFlags, signal: AbortSignal): Promise<number> {
  const add = flags.with.map((whom) => toGrant(whom, flags.access, exampleOf('connections share')));
  return withRuntime(flags, async (runtime) => {
    const record = await change({ word: 'share', name, change: { add } }, flags, runtime, signal);
    say(sharedWords(record));
  });
}

/** `tenantry connections unshare <name>`. */
export async function unshareConnection(name: string, flags: ShareFlags, signal: AbortSignal): Promise<number> {
  const remove = flags.with.map((whom): GrantSubject => {
    const { access: _access, ...subject } = toGrant(whom, 'read', exampleOf('connections unshare'));
    return subject;
  });
  return withRuntime(flags, async (runtime) => {
    const record = await change({ word: 'unshare', name, change: { remove } }, flags, runtime, signal);
    say(sharedWords(record));
  });
}

/** `tenantry connections list --all` and `--owner`: the whole store, whosever it is. */
export async function listEverybodys(flags: ListFlags): Promise<number> {
  return withRuntime(flags, async ({ connections, clock }) => {
    const owner = flags.owner?.trim().toLowerCase();
    const all = (await connections.everybodys()).filter((one) => owner === undefined || one.owner === owner);
    const items = all.flatMap((one) => [
      ...one.records.map((record) => ({ owner: one.owner, ...briefConnection(record, clock) })),
      ...one.damaged.map((damaged) => ({ owner: one.owner, ...viewDamaged(damaged) })),
    ]);
    const table = () => tableOf(items);
    process.stdout.write(`${await showList(formatOf(flags), { items, json: { connections: items }, table })}\n`);
  });
}

interface WantedChange {
  readonly word: 'share' | 'unshare';
  readonly name: string;
  readonly change: SharingChange;
}

async function change(
  { word, name, change: wanted }: WantedChange,
  { owner = localCaller.id }: OwnerFlags,
  { connections, clock, audit }: Runtime,
  signal: AbortSignal,
): Promise<ConnectionRecord> {
  const whose = owner.trim().toLowerCase();
  const caller = new Caller({ id: whose });
  const authority = terminalAuthority({ signal });
  const scope = openCallScope({
    clock,
    signal,
    timeMs: patienceMs,
    clientRequestId: crypto.randomUUID(),
    authority,
    caller,
  });
  const subjects = [...(wanted.add ?? []), ...(wanted.remove ?? [])].map(shownGrant);
  const leave = (outcome: string) =>
    audit.append({
      at: clock.now(),
      caller: localCaller.id,
      actor: authority.actor,
      channel: authority.channel,
      connection: name,
      tool: `connections ${word}`,
      requests: [],
      targetIds: [...(whose === localCaller.id ? [] : [`owner ${whose}`]), ...subjects],
      outcome,
    });
  try {
    const record = await connections.share(name, wanted, caller, scope.call);
    leave('success');
    return record;
  } catch (error) {
    leave(error instanceof AppError ? error.code : 'upstream_error');
    throw error;
  } finally {
    scope.end();
    scope.close();
  }
}

function toGrant(whom: string, access: Grant['access'], example: string): Grant {
  const [kind, id] = whom.split(/:(.*)/s);
  if (whom === 'everyone') return { everyone: true, access };
  if (kind !== 'group' && kind !== 'user') {
    throw new UsageError('--with takes everyone, group:<object id> or user:<object id>.', example);
  }
  if (id !== undefined && !isSubjectId(id)) throw new UsageError(howToFind(kind, id), example);
  return parseInput(grantSchema, { [kind]: id, access });
}

/** An object id, or one with its tenant in front. */
function isSubjectId(id: string): boolean {
  return id.split('/').every((part) => isGuid(part.trim()));
}

function howToFind(kind: 'group' | 'user', id: string): string {
  const name = /^[\w.@+-]+$/.test(id) ? id : `"${id.replace(/["\\$`\p{Cc}]/gu, '')}"`;
  const command = kind === 'user' ? `az ad user show --id ${name}` : `az ad group show --group ${name}`;
  return `--with ${kind}: takes an object id. Find it with: ${command} --query id --output tsv`;
}

function sharedWords({ name, shared_with: grants = [] }: ConnectionRecord): string {
  if (grants.length === 0) return `${name} is shared with nobody.`;
  return `${name} is shared with ${grants.map(shownGrant).join(', ')}.`;
}

function tableOf(items: readonly Readonly<Record<string, unknown>>[]): string {
  if (items.length === 0) return 'There are no connections.';
  const keys = ['owner', 'name', 'status', 'health', 'access', 'shared_with', 'tenant_id'];
  const rows = items.map((item) => keys.map((key) => String(item[key] ?? '')));
  const header = ['OWNER', 'NAME', 'STATUS', 'HEALTH', 'ACCESS', 'GRANTS', 'TENANT'];
  return textTable(header, rows, { width: widthOf(process.stdout) });
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
