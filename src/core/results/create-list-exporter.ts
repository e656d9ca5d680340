import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import type { Page } from '../http/page.ts';
import type { ExportFolder } from '../storage/export-folder.ts';
import { parseExportName } from '../storage/export-name.ts';
import type { ResultMask } from '../storage/mask-results.ts';
import { shortened } from './answer-budget.ts';
import { emptyIntake, type Intake } from './intake.ts';
import type { ItemCounter } from './item-counter.ts';
import { openItemSheet } from './item-sheet.ts';
import { noteProjection } from './note-projection.ts';
import { compileProjection, type Projection } from './projection.ts';
import { itemsOfCsv } from './read-csv.ts';
import { readGroups } from './read-groups.ts';
import { readWholeList } from './read-whole-list.ts';
import type { MembersWith, ToolOutcome } from './tool-outcome.ts';

/** What a tool has read: the pages of a list, or something else. */
export type Reading =
  | AsyncIterable<Page>
  | {
      readonly status: number;
      readonly body: unknown;
      /** The service left a part of it out. */
      readonly isTruncated?: boolean;
    };

export interface ExportOptions {
  /** Plain name of a file; its ending says how the items are written. */
  readonly name: string;
  readonly project?: string | undefined;
  /** Saves the groups instead of the items. */
  readonly counter?: ItemCounter | undefined;
  /** Most rows. */
  readonly limit?: number | undefined;
  readonly membersWith?: MembersWith | undefined;
}

/** Saves lists as files. */
export interface ListExporter {
  /**
   * Writes what `read` reads into a new file and answers its path, rows and columns. Everything that can be refused is
   * refused before `read` is called; a list of which a part cannot be read leaves no file.
   */
  save(options: ExportOptions, read: () => Promise<Reading>, call: CallContext): Promise<ToolOutcome>;
}

export interface ListExporterOptions {
  readonly folder: ExportFolder;
  /** Takes known secrets out of the items. */
  readonly mask: ResultMask;
  readonly clock: Clock;
}

export function createListExporter({ folder, mask, clock }: ListExporterOptions): ListExporter {
  return {
    async save(options, read, call) {
      const name = parseExportName(options.name);
      const projection = options.project === undefined ? undefined : await compileProjection(options.project);
      const file = await folder.create(name);
      try {
        const sheet = openItemSheet(name.format, file);
        const rows = new Rows(options.limit, (items, json) => sheet.add(withoutSecrets(items, json, mask)));
        const intake = await fill(rows, await read(), { ...options, projection, clock }, call);
        const columns = await sheet.end();
        const { bytes } = file;
        const saved = { path: await file.finish(), rows: rows.count, bytes, columns };
        const isCut = rows.isCut || (rows.isFull && intake.nextLink !== undefined);
        if (isCut) call.note(`The file has the first ${counted(rows.count, 'row')} only, as limit says.`);
        return savedOutcome(saved, { status: intake.status, isComplete: !isCut && intake.isPart !== true }, call);
      } finally {
        await file.discard();
      }
    },
  };
}

interface FillOptions extends Pick<ExportOptions, 'counter' | 'membersWith'> {
  readonly projection: Projection | undefined;
  readonly clock: Clock;
}

/** Passes on what was read: the items of a list, the rows of a report that the service wrote as a table, or one object. */
async function fill(rows: Rows, found: Reading, options: FillOptions, call: CallContext): Promise<Intake> {
  const { counter, projection, clock, membersWith } = options;
  if (!(Symbol.asyncIterator in found)) {
    const { body, status } = found;
    const table = typeof body === 'string' ? itemsOfCsv(body) : undefined;
    if (table !== undefined) return fill(rows, pageOf(table, status), options, call);
    if (counter !== undefined) call.note('count_by was ignored: this is not a list.');
    await rows.take([projection ? projection.applyTo(body) : body]);
    return { ...emptyIntake(), status };
  }
  if (counter !== undefined) {
    const { groups, intake } = await readGroups(found, { counter, projection, clock, membersWith }, call);
    await rows.take(groups);
    return intake;
  }
  const take = (items: readonly unknown[], json?: Buffer) => rows.take(items, json);
  const intake = await readWholeList(found, { projection, argument: 'save_as', clock, take }, call);
  noteProjection(projection, intake, { membersWith }, call);
  if (intake.bare !== undefined) await rows.take([intake.bare.value]);
  return intake;
}

/** The rows of a report as a list of one page. */
async function* pageOf(items: readonly unknown[], status: number): AsyncGenerator<Page, void> {
  yield { items, status, requestId: undefined };
}

/** Counts rows, and passes on as many as are wanted. */
class Rows {
  readonly #most: number;
  readonly #add: (items: readonly unknown[], json?: Buffer) => Promise<void>;
  count = 0;
  /** Rows were left out. */
  isCut = false;

  constructor(most = Number.POSITIVE_INFINITY, add: (items: readonly unknown[], json?: Buffer) => Promise<void>) {
    this.#most = most;
    this.#add = add;
  }

  get isFull(): boolean {
    return this.count >= this.#most;
  }

  /** Resolves true where no more are wanted. */
  async take(items: readonly unknown[], json?: Buffer): Promise<boolean> {
    const room = this.#most - this.count;
    const isWhole = items.length <= room;
    await (isWhole ? this.#add(items, json) : this.#add(items.slice(0, room)));
    this.isCut ||= !isWhole;
    this.count += Math.min(items.length, room);
    return this.isFull;
  }
}

/** `json` is the page of the items, in which a look costs less than writing them as JSON. */
function withoutSecrets(items: readonly unknown[], json: Buffer | undefined, { mask, holdsSecret }: ResultMask) {
  if (!holdsSecret(json ?? Buffer.from(JSON.stringify(items), 'utf8'))) return items;
  // The text is JSON in which only strings were changed: it parses to the same shape.
  return JSON.parse(mask(JSON.stringify(items))) as readonly unknown[];
}

interface SavedFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly string[];
}

/** More names say nothing more. */
const mostNamed = 60;

function savedOutcome(
  { columns, ...file }: SavedFile,
  { status, isComplete }: { readonly status: number; readonly isComplete: boolean },
  { note }: Pick<CallContext, 'note'>,
): ToolOutcome {
  const named = columns.slice(0, mostNamed).map((name) => shortened(name, 100));
  if (named.length < columns.length) note(`The file has ${columns.length} columns; the first ${mostNamed} are named.`);
  return { status, data: { ...file, columns: named }, list: { complete: isComplete } };
}
