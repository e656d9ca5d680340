import { AppError } from '../core/base/errors.ts';
import type { AuditEntry, AuditLog } from '../core/storage/storage.ts';
import type { Logger } from '../core/telemetry/logger.ts';

export interface AuditTrailOptions {
  /** Opened by the first line. */
  readonly open: () => Promise<AuditLog | undefined>;
  readonly logger: Logger;
  /** Takes known secrets out of JSON: one may stand in the address of a request. */
  readonly mask: (json: string, envelope: number) => string;
}

export interface AuditTrail {
  append(entry: AuditEntry): void;
  log(): Promise<AuditLog | undefined>;
  /** Resolves when the log has every line; closing the storage writes what still waits there. */
  handedOver(): Promise<void>;
}

/**
 * The audit log as calls see it. A disk that takes no line stops no call: the log on stderr says so, once until a line
 * is written again, and the operator decides.
 */
export function createAuditTrail({ open, logger, mask }: AuditTrailOptions): AuditTrail {
  const pending = new Set<Promise<void>>();
  let isFailing = false;
  const failed = (error: unknown) => {
    // A refused home says by itself what to do: where it happened does not matter.
    const why = error instanceof AppError ? { reason: error.message } : { error };
    if (!isFailing) logger.warn('the audit log cannot be written; calls go on without it', why);
    isFailing = true;
  };
  const written = () => {
    isFailing = false;
  };
  const handOver = async (entry: AuditEntry) => {
    try {
      const json = JSON.stringify(entry);
      const masked = mask(json, 1);
      // Only text inside strings is replaced.
      const clean = masked === json ? entry : (JSON.parse(masked) as AuditEntry);
      (await open())?.append(clean).then(written, failed);
    } catch (error) {
      failed(error);
    }
  };
  return {
    append(entry) {
      const work: Promise<void> = handOver(entry).finally(() => pending.delete(work));
      pending.add(work);
    },
    log: open,
    async handedOver() {
      await Promise.all(pending);
    },
  };
}
