import type { SecretReader } from '../auth/secret-reader.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Caller } from '../base/caller.ts';
import { isoNow } from '../base/clock.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { CheckResult, ConnectionRecord } from '../record/connection.ts';
import { accessOf } from '../record/sharing.ts';
import { linesOf } from './checks/check.ts';
import type { Catalog } from './connection-catalog.ts';
import type { ConnectionServiceOptions, Validation } from './connection-service.ts';
import { changeRecord, type SecretStorage } from './record-changes.ts';
import { applyValidation, type CheckRun, healthOf, isSameSubstance, runChecks } from './validate-connection.ts';

export interface ValidationParts {
  readonly options: ConnectionServiceOptions;
  readonly catalog: Pick<Catalog, 'get' | 'keepOutcome'>;
  readonly storage: SecretStorage;
  readonly readSecret: SecretReader;
}

/** Validates a connection for whoever may use it. Only what its owner finds out is remembered. */
export function createValidator(parts: ValidationParts) {
  const { options, catalog, storage, readSecret } = parts;
  const { clock } = options;
  return validate;

  async function validate(
    name: string,
    checks: readonly string[] | undefined,
    caller: Caller,
    call: CallContext,
    onLine?: (line: CheckResult) => void,
  ): Promise<Validation> {
    const record = await catalog.get(name, caller);
    const { opener, linkedServices } = options;
    const tools = { opener, readSecret, clock, linkedServices, ...withoutUndefined({ onLine }) };
    const run = await runChecks(record, checks, tools, call);
    if (accessOf(record, caller) !== 'owner') return seenValidation(record, run);
    if (record.status !== 'ready') return { record, health: 'failing', checks: run.lines };
    if (record.origin === 'declared') {
      const outcome = applyValidation(record, run, isoNow(clock));
      catalog.keepOutcome(outcome);
      return { record: outcome, health: outcome.health, checks: run.lines };
    }
    return storeOutcome(record, run, options, storage, call);
  }
}

const incomplete = linesOf('complete').fail('The connection is not complete.', 'Ask its owner to complete it.');

/** Lines about secrets, which are the owner's business. */
const ownersLines: ReadonlySet<string> = new Set(['expiry', 'rotation', 'conversion']);

/**
 * The outcome of a validation by somebody with whom the connection is shared. It is stored nowhere: what is known about a
 * connection, and which of its secrets is proven, follows from what its owner has seen.
 */
function seenValidation(record: ConnectionRecord, run: CheckRun): Validation {
  if (record.status !== 'ready') return { record, health: 'failing', checks: [incomplete] };
  const checks = run.lines.filter(({ check }) => !ownersLines.has(check.split('.')[0] ?? check));
  return { record, health: healthOf(checks), checks };
}

/** Signals that identity or secrets changed during a validation: its outcome does not apply to the current state. */
class OutdatedValidation extends Error {
  override readonly name = 'OutdatedValidation';
}

async function storeOutcome(
  record: ConnectionRecord,
  run: CheckRun,
  options: ConnectionServiceOptions,
  storage: SecretStorage,
  call: CallContext,
): Promise<Validation> {
  const plan = (current: ConnectionRecord) => {
    if (!isSameSubstance(record, current)) throw new OutdatedValidation();
    const next = { ...applyValidation(current, run, isoNow(options.clock)), revision: current.revision + 1 };
    return { record: next, dropped: run.proven ? current.previousSecrets : [] };
  };
  try {
    const change = await changeRecord(options.store, record, plan, call.signal);
    await storage.destroy(change.dropped);
    return { record: change.record, health: change.record.health, checks: run.lines };
  } catch (error) {
    if (!(error instanceof OutdatedValidation)) throw error;
    call.note('The connection was changed during its validation: validate it again.');
    return { record, health: healthOf(run.lines), checks: run.lines };
  }
}
