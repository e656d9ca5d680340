import { loadGraphCatalog } from '../apis/graph/catalog/load-catalog.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { lazy } from '../base/lazy.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ReadableServices } from '../linked-services/linked-service.ts';
import { checkGroups } from './checks/all-checks.ts';
import { type ComparedAnswer, compareAnswer, itemsOf, statusesOf, textsAt } from './compare-answer.ts';
import { Facts } from './facts.ts';
import { linkOf } from './next-link.ts';
import { explainRefusal, explainTrouble } from './outcome-reasons.ts';
import { type CheckReport, reportOf, type SelfCheckReport } from './report.ts';
import type { CheckedService, SelfCheck } from './self-check.ts';
import { createSender, type ReadableConnection, type SendRequest } from './send-request.ts';
import { serviceAnswers } from './service-answers.ts';

export interface SelfcheckOptions {
  readonly connection: ReadableConnection;
  readonly linkedServices: ReadableServices;
  readonly clock: Clock;
  /** Version of Tenantry, for the report. */
  readonly version: string;
}

/**
 * Compares what the services of a connection answer with what planner and sandbox assume: one request after the other, reads
 * only. The report holds forms, coarse counts and known codes, nothing of the tenant. Rejects with `cancelled` when the
 * signal aborts, and with `timeout` when the time of the call is over.
 */
export async function runSelfcheck(options: SelfcheckOptions, call: CallContext): Promise<SelfCheckReport> {
  const checks = chooseChecks(options.connection);
  const run = new SelfcheckRun(options);
  const reports: CheckReport[] = [];
  for (const [index, check] of checks.entries()) {
    call.progress({ progress: index + 1, total: checks.length, message: check.id });
    reports.push(await run.check(check, call));
  }
  const { connection, clock, version } = options;
  return reportOf(reports, { record: connection.record, now: clock.now(), version });
}

/** Ways to sign in whose tokens are those of an app. */
const appKinds: ReadonlySet<string> = new Set(['azure', 'certificate', 'workload_identity', 'managed_identity']);

/** The checks that the scopes of a connection ask for, in their order. */
export function chooseChecks({ record }: Pick<ReadableConnection, 'record'>): readonly SelfCheck[] {
  const isApp = appKinds.has(record.auth_type);
  return checkGroups
    .filter(({ scopes }) => scopes.some((scope) => record.scopes.includes(scope)))
    .flatMap(({ checks }) => checks)
    .filter(({ forApps = false }) => isApp || !forApps);
}

/** A service that throttles is waited for this long; with more, the check is skipped. */
const longestCheckMs = 150_000;

/** After it, what is left is skipped: a report of half of the checks is worth more than none. */
const longestRunMs = 30 * 60_000;

/** Places that are looked at for a list that is not empty. */
const mostSearched = 5;

class SelfcheckRun {
  readonly #options: SelfcheckOptions;
  readonly #facts: Facts;
  /** Epoch milliseconds. */
  readonly #startedAt: number;
  readonly #catalog = lazy(loadGraphCatalog);
  readonly #send: SendRequest;
  readonly #links = new Map<string, string>();
  /** Services that let nobody in: nothing more is sent to them. */
  readonly #closed = new Set<CheckedService>();

  constructor(options: SelfcheckOptions) {
    const { connection, linkedServices } = options;
    const { subscription_id: subscription, resource_group, workspace_name: workspace } = connection.record.identity;
    const group = `/subscriptions/${subscription}/resourceGroups/${resource_group}`;
    const isNamed = subscription !== undefined && resource_group !== undefined && workspace !== undefined;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#facts = new Facts(
      withoutUndefined({
        subscription,
        resource_group,
        workspace: isNamed ? `${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}` : undefined,
      }),
    );
    this.#send = createSender({ connection, linkedServices, facts: this.#facts });
  }

  async check(check: SelfCheck, call: CallContext): Promise<CheckReport> {
    const { service } = check.request;
    if (this.#closed.has(service)) {
      return { check, outcome: 'skipped', reason: 'the service did not let the connection in' };
    }
    const now = this.#options.clock.now();
    if (now - this.#startedAt >= longestRunMs) {
      return { check, outcome: 'skipped', reason: 'the run had taken half an hour' };
    }
    // One record for each check: it counts the attempts of this one.
    const record = { requests: 0, attempts: 0, pages: 0, requestId: undefined, notes: [] };
    const deadlineAt = Math.min(call.deadlineAt, now + longestCheckMs);
    const own: CallContext = { ...call, deadlineAt, record, note: () => undefined, progress: () => undefined };
    const report = await this.#ask(check, own);
    return record.attempts > 1 ? { ...report, attempts: record.attempts } : report;
  }

  async #ask(check: SelfCheck, call: CallContext): Promise<CheckReport> {
    const { service } = check.request;
    try {
      const answer = await this.#search(check, call);
      return await this.#judge(check, answer, call);
    } catch (error) {
      if (call.signal.aborted) throw error;
      const { closes, ...apart } = explainTrouble(error);
      if (closes === true) this.#closed.add(service);
      return { check, ...apart };
    }
  }

  /** An empty list is asked for again where something else may have one. */
  async #search({ request, searches }: SelfCheck, call: CallContext): Promise<ComparedAnswer> {
    let answer = await this.#send(request, this.#links, call);
    for (let more = mostSearched; searches !== undefined && more > 1; more--) {
      if (itemsOf(answer.body)?.length !== 0 || !this.#facts.next(searches)) break;
      answer = await this.#send(request, this.#links, call);
    }
    return answer;
  }

  async #judge(check: SelfCheck, answer: ComparedAnswer, call: CallContext): Promise<CheckReport> {
    const { service } = check.request;
    const isAssumed = statusesOf(check.expect).includes(answer.status);
    const refused = isAssumed ? undefined : explainRefusal(service, answer, await this.#needsOf(check));
    const { seen, differences } = compareAnswer(check, answer, [call.clientRequestId]);
    if (refused !== undefined) {
      const { closes, ...apart } = refused;
      if (closes === true) this.#closed.add(service);
      return { check, ...apart, seen };
    }
    this.#learn(check, answer);
    return differences.length === 0
      ? { check, outcome: 'as_assumed', seen }
      : { check, outcome: 'differs', seen, differences };
  }

  #learn({ id, request, learns = {} }: SelfCheck, answer: ComparedAnswer): void {
    for (const [fact, path] of Object.entries(learns)) this.#facts.learn(fact, textsAt(answer.body, path));
    const { link: rule } = serviceAnswers[request.service];
    const link = rule && linkOf(rule, answer);
    if (link !== undefined) this.#links.set(id, link);
  }

  /** The permission, role or action that the request takes. */
  async #needsOf({ needs, request: { service, method = 'GET', path } }: SelfCheck): Promise<string | undefined> {
    if (needs !== undefined || service !== 'graph') return needs;
    const { operations } = await this.#catalog.get();
    const operation = operations.find(method, path.replace(/\{\w+\}/g, 'x'));
    const isApp = appKinds.has(this.#options.connection.record.auth_type);
    const { least: wanted } = (isApp ? operation?.application : operation?.delegated) ?? { least: [] };
    return wanted.length === 0 ? undefined : wanted.join(' and ');
  }
}
