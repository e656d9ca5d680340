import type { CallContext } from '../../core/base/call-context.ts';
import { errorBody, shortErrorBody } from '../../core/base/error-answer.ts';
import { AppError } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { describeChange } from '../../core/licensing/describe-licenses.ts';
import type { LicenseHolder } from '../../core/licensing/licenses.ts';
import {
  afterChange,
  checkLicenseRequest,
  type LicenseRequest,
  planLicenseChange,
} from '../../core/licensing/plan-license-change.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { type ReportEnd, tried, withReceipt } from '../keep-receipt.ts';
import { describeReview } from '../policy-answer.ts';
import {
  fetchUsersSituation,
  licenseRequests,
  licenseWritesToKeep,
  type PlannedChange,
  plannedLicenseWrites,
  sendLicenseChange,
  type UsersSituation,
  usageLocationToSet,
} from './license-traffic.ts';
import { withoutEmptyHeaders } from './preview-writes.ts';

// assign_license for several users: each is read, planned and changed by itself, and has an outcome of its own.

interface UsersChange {
  /** Of the call. */
  readonly args: unknown;
  /** Ids or user principal names, each once. */
  readonly keys: readonly string[];
  readonly request: LicenseRequest;
  /** Country to set on each. */
  readonly location: string | undefined;
  readonly dryRun: boolean;
}

/** One user: what is planned for it, or why nothing is. */
interface Candidate {
  readonly key: string;
  readonly holder?: LicenseHolder | undefined;
  readonly planned?: PlannedChange;
  readonly notes?: readonly string[];
  readonly error?: object | undefined;
}

type Outcome = 'unknown' | 'failed' | 'not_sent' | 'changed' | 'would_change' | 'unchanged';

/** In the order that a reader needs: failures come first, in case the answer is cut. */
const outcomes: readonly Outcome[] = ['unknown', 'failed', 'not_sent', 'changed', 'would_change', 'unchanged'];

/** What is left to do or to look at. */
const troubles: ReadonlySet<Outcome> = new Set(['unknown', 'failed', 'not_sent']);

interface UserRow {
  readonly user: string;
  readonly outcome: Outcome;
  readonly [member: string]: unknown;
}

export async function assignToUsers(wanted: UsersChange, context: ConnectionToolContext): Promise<ToolOutcome> {
  const { guard, call } = context;
  const situation = await fetchUsersSituation(wanted.keys, context);
  // What is wrong with the request is wrong for all of them.
  checkLicenseRequest(wanted.request, situation.shared);
  const candidates = planAll(wanted, situation, context);
  const planned = candidates.flatMap((one) => one.planned ?? []);
  const writes = planned.flatMap((one) => plannedLicenseWrites(one, context));
  const kept = licenseWritesToKeep(wanted.args, planned, context);
  if (wanted.dryRun) {
    const policy = describeReview(await guard.review(writes, call));
    call.note('Dry run: no write was sent.');
    const rows = candidates.map((one) => previewOf(one, context));
    return tried(kept, context, Promise.resolve(answer(rows, { dry_run: true, ...policy })));
  }
  const preview = async () => candidates.map((one) => previewOf(one, context));
  if (writes.length > 0) await guard.askForWrites(writes, preview, call);
  return withReceipt(kept, context, async (report) => answer(await sendAll(candidates, report, context)));
}

/** Plans one user after the other: the units that one takes are gone for the next. */
function planAll(
  { request, location }: UsersChange,
  { shared, holders }: UsersSituation,
  { call }: ConnectionToolContext,
): readonly Candidate[] {
  let tenantSkus = shared.tenantSkus;
  const candidates = holders.map(({ key, holder, error }): Candidate => {
    if (holder === undefined) return { key, error };
    try {
      const situation = { ...shared, tenantSkus, holder };
      const change = planLicenseChange(request, situation);
      const usageLocation = usageLocationToSet(location, holder, change);
      tenantSkus = afterChange(tenantSkus, change, holder);
      return { key, holder, planned: { situation, change, usageLocation } };
    } catch (failure) {
      return { key, holder, error: errorOf(failure) };
    }
  });
  return withNotes(candidates, call);
}

/** Notes that hold for all are said once; any other stands with its user. */
function withNotes(candidates: readonly Candidate[], call: CallContext): readonly Candidate[] {
  const told = candidates.flatMap(({ planned }) => (planned === undefined ? [] : [planned.change.notes]));
  const common = new Set(told[0]?.filter((note) => told.every((notes) => notes.includes(note))));
  for (const note of common) call.note(note);
  return candidates.map((one) => {
    const own = one.planned?.change.notes.filter((note) => !common.has(note)) ?? [];
    return own.length === 0 ? one : { ...one, notes: own };
  });
}

function errorOf(failure: unknown): object {
  if (!(failure instanceof AppError)) throw failure;
  return shortErrorBody(errorBody(failure));
}

/** Users at a time: the service takes few writes at once. */
const atOnce = 4;

/** No user is begun with less time left. */
const leastTimeMs = 10_000;

/** Failures that would hit every other user as well. */
const stopping = new Set(['unauthenticated', 'configuration', 'refused', 'throttled']);

const again = 'call again with the same arguments; those that are done stay unchanged.';

async function sendAll(
  candidates: readonly Candidate[],
  report: ReportEnd,
  context: ConnectionToolContext,
): Promise<readonly UserRow[]> {
  const { call, clock } = context;
  const rows: UserRow[] = [];
  const waiting = candidates.entries();
  let stop: object | undefined;
  let done = 0;
  const one = async (candidate: Candidate): Promise<UserRow> => {
    const { planned } = candidate;
    if (planned === undefined) return rowOf(candidate, 'failed');
    if (licenseRequests(planned).length === 0) return rowOf(candidate, 'unchanged');
    const isOver = call.signal.aborted || clock.now() > call.deadlineAt - leastTimeMs;
    if (stop !== undefined || isOver) return rowOf(candidate, 'not_sent');
    try {
      await sendLicenseChange(planned, report, context);
      return rowOf(candidate, 'changed');
    } catch (failure) {
      const error = errorOf(failure);
      if (failure instanceof AppError && stopping.has(failure.code)) stop ??= error;
      const isUnknown = failure instanceof AppError && failure.code === 'outcome_unknown';
      return rowOf({ ...candidate, error }, isUnknown ? 'unknown' : 'failed');
    }
  };
  const work = async () => {
    for (const [index, candidate] of waiting) {
      rows[index] = await one(candidate);
      done += 1;
      call.progress({ progress: done, total: candidates.length, message: rows[index]?.outcome ?? '' });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, candidates.length) }, work));
  const has = (wanted: Outcome) => rows.some(({ outcome }) => outcome === wanted);
  if (has('not_sent')) call.note(`Not every user was begun: ${again}`);
  if (has('unknown')) call.note(`An answer was lost, and the change may have been made: ${again}`);
  return rows;
}

function previewOf(candidate: Candidate, { graph }: ConnectionToolContext): UserRow {
  const { planned } = candidate;
  if (planned === undefined) return rowOf(candidate, 'failed');
  const requests = licenseRequests(planned);
  if (requests.length === 0) return rowOf(candidate, 'unchanged');
  return {
    ...rowOf(candidate, 'would_change'),
    requests: requests.map((request) => withoutEmptyHeaders(graph.preview(request))),
  };
}

function rowOf({ key, holder, planned, notes, error }: Candidate, outcome: Outcome): UserRow {
  const isTold = planned !== undefined && outcome !== 'unchanged';
  const moved = planned?.usageLocation && { before: holder?.usageLocation ?? null, after: planned.usageLocation };
  return withoutUndefined({
    user: holder?.userPrincipalName ?? key,
    id: holder?.id,
    outcome,
    changes: isTold
      ? withoutUndefined({ ...describeChange(planned.change, planned.situation), usage_location: moved })
      : undefined,
    notes,
    error,
  });
}

function answer(rows: readonly UserRow[], more: object = {}): ToolOutcome {
  const value = rows.toSorted((one, other) => outcomes.indexOf(one.outcome) - outcomes.indexOf(other.outcome));
  const counts = outcomes.map((name) => [name, value.filter(({ outcome }) => outcome === name).length] as const);
  const success = !value.some(({ outcome }) => troubles.has(outcome));
  const isAnyDone = value.some(({ outcome }) => !troubles.has(outcome));
  return {
    status: 200,
    success,
    isError: !success && !isAnyDone,
    data: {
      changed: value.some(({ outcome }) => outcome === 'changed'),
      summary: Object.fromEntries(counts.filter(([, count]) => count > 0)),
      ...more,
      value,
    },
    list: { count: value.length, complete: true },
  };
}
