import type { WriteStream } from 'node:tty';
import type { ProgressUpdate } from '../../core/base/call-context.ts';
import { shownLine } from '../../core/base/clean-text.ts';

export interface ProgressBar {
  update(update: ProgressUpdate): void;
  /** Clears the line. */
  end(): void;
}

const width = 24;

/** A bar on one line of a terminal; nothing where the output is not a terminal. */
export function createProgressBar(stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }): ProgressBar {
  if (!stream.isTTY) return { update: () => undefined, end: () => undefined };
  let drawn = false;
  return {
    update({ progress, total, message }) {
      drawn = true;
      stream.write(`\r\u001b[2K${bar(progress, total)} ${shownLine(message ?? String(progress))}`);
    },
    end() {
      if (drawn) stream.write('\r\u001b[2K');
      drawn = false;
    },
  };
}

function bar(progress: number, total: number | undefined): string {
  if (!total) return '…';
  const filled = Math.min(width, Math.round((progress / total) * width));
  return `[${'#'.repeat(filled)}${' '.repeat(width - filled)}]`;
}
