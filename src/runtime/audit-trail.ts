import type { AuditEntry, AuditLog } from '../core/storage/storage.ts';
import type { Logger } from '../core/telemetry/logger.ts';

export interface AuditTrailOptions {
  /** Opened by the first line. */
  readonly open: () => Promise<AuditLog | undefined>;
  readonly logger: Logger;
}

export interface AuditTrail {
  append(entry: AuditEntry): void;
  log(): Promise<AuditLog | undefined>;
  /** Resolves when every line is written, or given up. */
  settled(): Promise<void>;
}

/**
 * The audit log as calls see it. A disk that takes no line stops no call: the log on stderr says so, once until a line
 * is written again, and the operator decides.
 */
export function createAuditTrail({ open, logger }: AuditTrailOptions): AuditTrail {
  const pending = new Set<Promise<void>>();
  let isFailing = false;
  const write = async (entry: AuditEntry) => {
    try {
      await (await open())?.append(entry);
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn('the audit log cannot be written; calls go on without it', { error });
      isFailing = true;
    }
  };
  return {
    append(entry) {
      const work: Promise<void> = write(entry).finally(() => pending.delete(work));
      pending.add(work);
    },
    log: open,
    async settled() {
      await Promise.all(pending);
    },
  };
}
