/** One element of a delta answer, with the position that a page beginning with it has. */
export interface PagedEntry {
  readonly from: number;
  readonly linksTold: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type PagedEntries = Generator<PagedEntry>;
