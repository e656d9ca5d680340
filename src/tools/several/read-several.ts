import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { idOfConnections } from '../../core/connections/choose-connections.ts';
import { compileProjection, type Projection } from '../../core/results/projection.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { Continuation } from '../../core/storage/result-store.ts';
import type { ConnectionToolContext, SeveralToolContext } from '../define-tool.ts';
import { type ListArguments, type ListSource, pageLimits, runList } from '../run-list.ts';
import { ConnectionReader } from './connection-reader.ts';
import { allFailed, fittingReports, reportBytes, reportOf } from './connection-reports.ts';
import { Bell, mergeLists } from './merge-lists.ts';
import { type Place, readPlaces } from './places.ts';
import { ReadAhead } from './read-ahead.ts';
import { SharedNotes } from './shared-notes.ts';

/**
 * Reads the same from several connections and answers with one list: each item has its `connection`, and `meta.connections`
 * says what each gave. An object that is no list is one item. One that fails does not stop the others. A cursor leads to the
 * rest of every connection; it works only for the same caller, connections and query.
 */
export async function readSeveral(
  args: ListArguments,
  sourceOf: (context: ConnectionToolContext) => ListSource,
  context: SeveralToolContext,
): Promise<ToolOutcome> {
  const { members, budget, call } = context;
  const records = members.map(({ record }) => record);
  const projection = args.project === undefined ? undefined : await compileProjection(args.project);
  const reading = new SeveralReading(args, projection, sourceOf, context);
  const bytes = reportBytes(records, budget.bytes);
  const outcome = await runList(args, reading.source(), {
    ...context,
    budget: { ...budget, bytes: budget.bytes - bytes },
    record: { id: idOfConnections(records), settings: {} },
  });
  const reports = reading.reports(outcome.list?.cursor !== undefined);
  if (reports === undefined) {
    // Stored before, and then it was said which connections it lacks.
    const { cursor, complete, isShortened } = outcome.list ?? {};
    if (cursor === undefined && complete === false && isShortened !== true) {
      call.note('This list lacks something: meta of its first part says what.');
    }
    return outcome;
  }
  const connections = fittingReports(reports, bytes);
  const isComplete = outcome.list?.complete === true && reports.every(({ complete }) => complete !== false);
  return { ...outcome, list: { ...outcome.list, complete: isComplete, connections } };
}

/** One reading of several connections. */
class SeveralReading {
  readonly #args: ListArguments;
  readonly #members: readonly ConnectionToolContext[];
  readonly #sourceOf: (context: ConnectionToolContext) => ListSource;
  readonly #context: SeveralToolContext;
  readonly #projection: Projection | undefined;
  readonly #notes = new SharedNotes();
  #readers: readonly ConnectionReader[] | undefined;

  constructor(
    args: ListArguments,
    projection: Projection | undefined,
    sourceOf: (context: ConnectionToolContext) => ListSource,
    context: SeveralToolContext,
  ) {
    this.#args = args;
    this.#members = context.members;
    this.#sourceOf = sourceOf;
    this.#context = context;
    this.#projection = projection;
  }

  /** The lists of all connections as the source of one. */
  source(): ListSource {
    const quiet = this.#members.map((member) =>
      this.#sourceOf({ ...member, call: { ...member.call, note: () => undefined } }),
    );
    const { makeSmallerWith, membersWith } = quiet[0] ?? {};
    return {
      query: { several: quiet.map(({ query }) => query) },
      from: this.#members.map(({ record }) => record.id),
      ...withoutUndefined({ makeSmallerWith, membersWith }),
      isPartial: () => this.#readers?.some((reader) => reader.place.kind === 'failed' || reader.isTruncated) === true,
      read: (from) => this.#read(from),
    };
  }

  /** What each connection gave; of those that an earlier answer had whole, nothing. Undefined where none was read. */
  reports(hasCursor: boolean) {
    return this.#readers?.flatMap((reader, index) => {
      const record = this.#members[index]?.record;
      return record === undefined || reader.hadAll ? [] : [reportOf(record, reader, hasCursor)];
    });
  }

  async *#read(from: Continuation | undefined) {
    const { call } = this.#context;
    const places = from === undefined ? [] : readPlaces(from.nextLink);
    const bell = new Bell();
    const room = new ReadAhead();
    const readers = this.#members.map((member, index) => {
      const place = places[index] ?? { kind: 'start' };
      return this.#reader(member, place, { room, onChange: () => bell.ring() });
    });
    this.#readers = readers;
    if (this.#hidesConnections()) {
      call.note('project leaves out which connection each item is from: name its member `connection` to see it.');
    }
    try {
      yield* mergeLists({
        readers,
        bell,
        call,
        isWhole: this.#needsAll(),
        allFailed: () =>
          allFailed(
            readers.flatMap(({ connection: name, failure: error }) => (error === undefined ? [] : [{ name, error }])),
          ),
      });
    } finally {
      this.#notes.tell(readers.filter(({ hadAll }) => !hadAll).length, (text) => call.note(text));
    }
  }

  /** Items are made anew, without the member that tells whose they are. */
  #hidesConnections(): boolean {
    const { project, count_by } = this.#args;
    return this.#projection?.perPage === true && count_by === undefined && !/\bconnection\b/.test(project ?? '');
  }

  /** A figure or a file of a part would be false. */
  #needsAll(): boolean {
    const { count_by, save_as } = this.#args;
    return this.#projection?.perPage === false || count_by !== undefined || save_as !== undefined;
  }

  #reader(
    member: ConnectionToolContext,
    from: Place,
    shared: { readonly room: ReadAhead; readonly onChange: () => void },
  ): ConnectionReader {
    const { record, call } = member;
    const note = (text: string) => this.#notes.add(record.name, text);
    let source: ListSource | undefined;
    return new ConnectionReader({
      ...shared,
      connection: record.name,
      from,
      call,
      note,
      open: async (own) => {
        source = this.#sourceOf({ ...member, call: own });
        const at = from.kind === 'at' ? { nextLink: from.nextLink, continuation: from.continuation } : undefined;
        return source.read(at, pageLimits(this.#args, record.settings, this.#projection));
      },
      continuation: () => source?.continuation ?? {},
    });
  }
}
