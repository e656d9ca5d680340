import type { WriteStream } from 'node:tty';
import type { ProgressUpdate } from '../core/base/call-context.ts';

export interface ProgressBar {
  update(update: ProgressUpdate): void;
  /** Clears the line. */
  end(): void;
}

const width = 24;

/** A bar on one line of a terminal; nothing where nobody looks. */
export function createProgressBar(stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }): ProgressBar {
  if (!stream.isTTY) return { update: () => undefined, end: () => undefined };
  let drawn = false;
  return {
    update({ progress, total, message }) {
      drawn = true;
      stream.write(`\r\u001b[2K${bar(progress, total)} ${message ?? progress}`);
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
