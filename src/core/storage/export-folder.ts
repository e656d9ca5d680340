import type { ExportName } from './export-name.ts';

/** Where lists are saved for people and programs to open: one folder of the home, and nothing outside of it. */
export interface ExportFolder {
  /**
   * Begins a file. Under its name there is nothing before `finish`, and what a process leaves behind that ends meanwhile
   * is removed by a later call. Throws `configuration` where the folder or its disk cannot be used, and `refused` where
   * the operator has switched this off or a link stands in the way.
   */
  create(name: ExportName): Promise<ExportFile>;
  /** Removes what ended processes have left. */
  sweep(): Promise<void>;
}

/** A file that is being written. Each method throws `configuration` where the disk refuses. */
export interface ExportFile {
  /** Bytes so far. */
  readonly bytes: number;
  /** Throws `invalid_argument` where the file would be larger than it may be. */
  write(text: string): Promise<void>;
  /** Replaces everything by what `change` makes of it, piece by piece. */
  rewrite(change: (pieces: AsyncIterable<Buffer>) => AsyncIterable<Buffer>): Promise<void>;
  /** Gives it its name, or the first of `name-2`, `name-3`, … that is free; resolves with the path. */
  finish(): Promise<string>;
  /** Removes what was written, unless it is finished. Never throws. */
  discard(): Promise<void>;
}

/** How much may be saved. */
export interface ExportLimits {
  /** Bytes of one file. Zero where nothing may be saved. */
  readonly mostBytes: number;
  /** Bytes of all files together; they are the person's, so none of them is ever removed. */
  readonly mostBytesTogether: number;
}

const mebibyte = 1024 * 1024;

export const defaultExportLimits: ExportLimits = {
  mostBytes: 1_024 * mebibyte,
  mostBytesTogether: 10_240 * mebibyte,
};
