import type { GraphApi } from '../apis/graph/graph-api.ts';
import type { Grade } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import { counted } from '../base/counted.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import type { AskedRequest, Permit } from '../http/permit.ts';
import { leaveTrail } from '../http/request-trail.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { formatAddress, type PolicyRequest } from './addresses/address.ts';
import type { ConnectionRules } from './connection-rules.ts';
import { type ObjectNames, readObjectNames } from './object-names.ts';
import { findDeny, isAllowed } from './path-rules.ts';
import { longestAddress, questionLines, withoutSecrets } from './question-lines.ts';
import { readRequests } from './read-requests.ts';
import { requestRisks } from './risks/request-risks.ts';
import type { Risk, RiskKind } from './risks/risk.ts';
import { beyondSubscriptions } from './subscriptions.ts';

/** A write before it is sent. */
export type PlannedWrite = Omit<AskedRequest, 'isRead'>;

/** What policy says about the writes of a call, for a dry run and for the question to a person. */
export interface Review {
  /** Which rule of the operator forbids it; nobody can say yes to that here. */
  readonly refused?: string;
  /** What it needs a yes for. */
  readonly needs?: { readonly grade: Grade; readonly reasons: readonly string[] };
}

/** What a task does as a whole, in its own words. */
export interface PlannedTask {
  /** One sentence of ours; names in backticks. */
  readonly summary: string;
  readonly details: readonly string[];
  /** Risks that the task has by itself; nothing else of it is covered. Without any, it asks only where every change does. */
  readonly covers: readonly RiskKind[];
  /** Its writes as far as they are known: a rule that forbids one of them stops the task before it begins. */
  readonly writes?: readonly PlannedWrite[];
}

/** Decides what a connection may send, by the rules of the operator. */
export interface PolicyGuard extends Permit {
  /** Whether the operator wants a receipt of every write. */
  readonly keepsReceipts: boolean;
  review(writes: readonly PlannedWrite[], call: CallContext): Promise<Review>;
  /**
   * Asks once for everything that the writes of a call need a yes for, before the first of them is sent. Throws `refused`
   * for what a rule forbids. `preview` is what the answer shows where no person can be asked.
   */
  askForWrites(writes: readonly PlannedWrite[], preview: () => Promise<unknown>, call: CallContext): Promise<void>;
  /**
   * The yes that a write got when its address was not known in full holds for the same write with its address. The caller
   * answers for it that both are the same.
   */
  coverNow(planned: PlannedWrite, now: PlannedWrite, call: CallContext): void;
  /** The same for a task, whose requests follow from each other. */
  askForTask(task: PlannedTask, call: CallContext): Promise<void>;
}

export interface GuardOptions {
  readonly rules: ConnectionRules;
  readonly connection: ConnectionRecord;
  /** Microsoft Graph past the rules, for reading what decides. */
  readonly lookups: () => GraphApi;
  /** Name of what has the same id in every tenant, such as a built-in role; by its id in lower case. */
  readonly nameOf?: (id: string) => string | undefined;
}

export function createGuard(options: GuardOptions): PolicyGuard {
  return new ConnectionGuard(options);
}

class ConnectionGuard implements PolicyGuard {
  readonly keepsReceipts: boolean;
  readonly #options: GuardOptions;
  readonly #lookups = new WeakMap<Set<string>, ObjectNames>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.keepsReceipts = options.rules.receipts;
  }

  check(asked: AskedRequest, call: CallContext): Promise<void> | undefined {
    const { rules } = this.#options;
    const isFree = asked.isRead ? !rules.concernsReads : this.#hasNoRules();
    return isFree ? undefined : this.#check(asked, call);
  }

  async review(writes: readonly PlannedWrite[], call: CallContext): Promise<Review> {
    const requests = toRequests(writes);
    const refused = await this.#findRefusal(requests, call);
    if (refused !== undefined) return { refused };
    const risks = [...(await this.#risks(requests, call)).values()].flat();
    return risks.length === 0 ? {} : { needs: { grade: gradeOf(risks), reasons: reasonsOf(risks) } };
  }

  async askForWrites(
    writes: readonly PlannedWrite[],
    preview: () => Promise<unknown>,
    call: CallContext,
  ): Promise<void> {
    if (this.#hasNoRules()) return;
    const requests = toRequests(writes);
    try {
      const refused = await this.#findRefusal(requests, call);
      if (refused !== undefined) throw forbidden(refused);
      const risky = await this.#risks(requests, call);
      const risks = [...risky.values()].flat();
      if (risks.length > 0) await this.#ask(requests, risky, preview, call);
    } catch (error) {
      // What was not sent is in the audit log too.
      for (const write of writes) leaveTrail(call.record, write.api, withoutVersion(write), true);
      throw error;
    }
    for (const request of requests) call.covered.add(this.#keyOf(request));
  }

  coverNow(planned: PlannedWrite, now: PlannedWrite, call: CallContext): void {
    const before = toRequests([planned]);
    for (const [index, request] of toRequests([now]).entries()) {
      const known = before[index];
      const isSame = known?.method === request.method && known.isImplied === request.isImplied;
      if (isSame && call.covered.has(this.#keyOf(known))) call.covered.add(this.#keyOf(request));
    }
  }

  async askForTask({ summary, details, covers, writes = [] }: PlannedTask, call: CallContext): Promise<void> {
    const { rules, connection } = this.#options;
    if (this.#hasNoRules()) return;
    const refused = await this.#findRefusal(toRequests(writes), call);
    if (refused !== undefined) throw forbidden(refused);
    if (rules.confirm === 'never' || (rules.confirm === 'risky' && covers.length === 0)) return;
    const grade = covers.length === 0 ? 'careful' : 'authority';
    const preview = grade === 'careful' ? { preview: { does: details } } : {};
    const all = [...details, ...this.#whoActs()];
    await call.authority.requireYes({ grade, summary, details: all, connection: connection.name, ...preview });
    for (const kind of [...covers, 'write' as const]) call.covered.add(taskKey(kind));
  }

  async #ask(
    requests: readonly PolicyRequest[],
    risky: ReadonlyMap<PolicyRequest, readonly Risk[]>,
    preview: () => Promise<unknown>,
    { authority }: CallContext,
  ): Promise<void> {
    const { name } = this.#options.connection;
    const risks = [...risky.values()].flat();
    const grade = gradeOf(risks);
    const count = requests.filter(({ isImplied }) => !isImplied).length;
    await authority.requireYes({
      grade,
      summary: `${counted(count, 'request')} over ${quoted(name)}: this ${reasonsOf(risks).join('; ')}`,
      details: [...questionLines(requests, risky, this.#options.nameOf), ...this.#whoActs()],
      connection: name,
      ...(grade === 'careful' ? { preview: withoutSecrets(await preview()) } : {}),
    });
  }

  /** The name of a connection that is not in the configuration may say anything, and stand for another one tomorrow. */
  #whoActs(): readonly string[] {
    const { origin, auth_type, cloud, identity } = this.#options.connection;
    if (origin === 'declared') return [];
    const { client_id: client, tenant_id: tenant } = identity;
    return [
      `as the app ${quoted(client)} of the tenant ${quoted(tenant)} in the cloud ${quoted(cloud)}, by ${auth_type}`,
    ];
  }

  #hasNoRules(): boolean {
    const { deny, allow, subscriptions, confirm } = this.#options.rules;
    return deny.length === 0 && allow.length === 0 && subscriptions === undefined && confirm === 'never';
  }

  async #check(asked: AskedRequest, call: CallContext): Promise<void> {
    const requests = readRequests(asked);
    const refused = await this.#findRefusal(requests, call);
    if (refused !== undefined) throw forbidden(refused);
    // A program that embeds the library says yes by what it calls.
    const { actor, channel } = call.authority;
    if (actor === 'operator' && channel === 'library') return;
    const open = requests.filter((request) => !request.isRead && !call.covered.has(this.#keyOf(request)));
    if (open.length === 0) return;
    const risks = [...(await this.#risks(open, call)).values()]
      .flat()
      .filter(({ kind }) => !call.covered.has(taskKey(kind)));
    if (risks.length === 0) return;
    throw new AppError(
      'refused',
      `Nobody has said yes to this, and it ${reasonsOf(risks).join('; ')}. Nothing was sent.`,
      {
        hint: 'Ask the person who runs Tenantry to do it at the terminal.',
        detail: { needs: gradeOf(risks), requests: questionLines(open).slice(0, 10) },
      },
    );
  }

  /** One for each call: the set of what is covered is its own, also where a part of the call has another signal. */
  #names(call: CallContext): ObjectNames {
    const known = this.#lookups.get(call.covered);
    if (known !== undefined) return known;
    const names = readObjectNames(this.#options.lookups(), call);
    this.#lookups.set(call.covered, names);
    return names;
  }

  async #findRefusal(requests: readonly PolicyRequest[], call: CallContext): Promise<string | undefined> {
    const { deny, allow, subscriptions } = this.#options.rules;
    const names = this.#names(call);
    for (const request of requests) {
      const what = quoted(`${request.method} ${formatAddress(request.addresses[0])}`, longestAddress);
      const denied = await findDeny(deny, request, names);
      if (denied !== undefined) {
        const { methods, path } = denied.rule;
        return `${what} is denied by the rule ${quoted([...(methods ?? ['all methods']), path].join(' '))} of policy.deny`;
      }
      const beyond = subscriptions === undefined ? undefined : beyondSubscriptions(subscriptions, request);
      if (beyond !== undefined) return `${what} reaches ${beyond}, and policy.subscriptions does not name it`;
      if (request.isRead) continue;
      for (const list of allow) {
        if (!(await isAllowed(list, request, names))) return `${what} is not among the writes of policy.allow`;
      }
    }
    return undefined;
  }

  #risks(requests: readonly PolicyRequest[], call: CallContext): Promise<ReadonlyMap<PolicyRequest, readonly Risk[]>> {
    const { rules, connection } = this.#options;
    const writes = requests.filter(({ isRead }) => !isRead);
    return requestRisks(writes, { rules, connection, names: this.#names(call) });
  }

  /** A request as a yes covers it: over this connection, by method, address and query. The body is that of the call. */
  #keyOf({ service, method, addresses: [own], query, isImplied }: PolicyRequest): string {
    const options = Object.entries(query)
      .filter(([name]) => name.toLowerCase() !== 'api-version')
      .map(([name, value]) => `${name}=${value}`)
      .sort();
    return JSON.stringify([this.#options.connection.id, service, method, own, options, isImplied]);
  }
}

/** As the pipeline sees it: the version of Graph belongs to the root there. */
function withoutVersion(write: PlannedWrite): PlannedWrite {
  return write.api === 'graph' ? { ...write, wirePath: write.wirePath.replace(/^\/(?:v1\.0|beta)(?=\/)/i, '') } : write;
}

function toRequests(writes: readonly PlannedWrite[]): readonly PolicyRequest[] {
  return writes.flatMap((write) => readRequests({ ...write, isRead: false }));
}

function taskKey(kind: RiskKind): string {
  return `task ${kind}`;
}

function forbidden(refused: string): AppError {
  return new AppError('refused', `The operator's policy forbids this: ${refused}. Nothing was sent.`, {
    hint: 'Ask the person who runs Tenantry: only the configuration decides about it.',
  });
}

function gradeOf(risks: readonly Risk[]): Grade {
  return risks.some(({ grade }) => grade === 'authority') ? 'authority' : 'careful';
}

/** Each reason once, the heavier ones first. */
function reasonsOf(risks: readonly Risk[]): readonly string[] {
  const ordered = risks.toSorted((one, other) => one.grade.localeCompare(other.grade));
  return [...new Set(ordered.map(({ reason }) => reason))];
}
