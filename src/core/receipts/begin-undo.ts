import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { thisProcess } from '../base/process-mark.ts';
import { isAlive } from '../operations/write-claims.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Receipt } from './receipt.ts';
import type { Receipts } from './receipts.ts';
import { reasonsOf } from './undo-answer.ts';

/** Whether a process of another machine is still there is not known: after this time it counts as gone. */
const longestMs = 3_600_000;

/** The receipt, where it can be undone now. Throws the reason why not. */
export async function findUndoable(
  id: string,
  owner: string,
  { receipts, clock }: { readonly receipts: Receipts; readonly clock: Clock },
): Promise<Receipt> {
  const receipt = await receipts.find(id.trim().toUpperCase(), owner);
  if (receipt === undefined) {
    throw new AppError('not_found', `There is no receipt ${quoted(id, 20)} in this home.`, {
      hint: 'tenantry audit shows the ids. Receipts are kept for 30 days, in the home that wrote, for the caller that wrote.',
    });
  }
  const { undoneAt, parts, undoing } = receipt;
  if (undoneAt !== undefined) {
    throw new AppError('conflict', `The receipt ${receipt.id} was undone at ${new Date(undoneAt).toISOString()}.`, {
      hint: 'An undo is a write with a line of its own in tenantry audit, and may have a receipt of its own.',
    });
  }
  if (parts.length === 0) {
    throw new AppError(
      'unsupported',
      `The write of ${receipt.id} cannot be undone: ${reasonsOf(receipt).join('; ')}.`,
      {
        hint: 'Look at what it changed, and correct that with a write of its own.',
      },
    );
  }
  const isUnderWay = undoing !== undefined && isAlive(undoing) && clock.now() < undoing.at + longestMs;
  if (isUnderWay) throw alreadyBegun(receipt);
  return receipt;
}

/** Only the connection that wrote undoes: another one of its name leads elsewhere. */
export function checkConnection({ connection }: Receipt, record: ConnectionRecord | undefined): ConnectionRecord {
  if (record === undefined) {
    throw new AppError('not_found', `The connection ${connection.name} that wrote is gone, and only it undoes.`, {
      hint: 'Undo the write by hand over another connection; tenantry audit shows what was written.',
    });
  }
  const { id, cloud, identity } = record;
  const isSame =
    id === connection.id &&
    cloud === connection.cloud &&
    identity.tenant_id === connection.tenantId &&
    identity.client_id === connection.clientId;
  if (isSame) return record;
  throw new AppError('conflict', `The connection ${connection.name} is no longer the one that wrote.`, {
    hint: `It wrote as the app ${quoted(connection.clientId)} of the tenant ${quoted(connection.tenantId)}; give it that identity again, or undo the write by hand.`,
  });
}

/** Marks the receipt as being undone, so that of several who ask at once one does it. */
export async function claimUndo(receipt: Receipt, receipts: Receipts, now: number): Promise<Receipt> {
  const claimed = await receipts.replace({ ...receipt, undoing: { process: thisProcess(), at: now } });
  if (claimed === undefined) throw alreadyBegun(receipt);
  return claimed;
}

function alreadyBegun({ id }: Receipt): AppError {
  return new AppError('conflict', `The receipt ${id} is being undone by somebody else.`, {
    hint: 'Wait for the end of that, which tenantry audit shows; what it leaves can be undone again.',
    retryable: true,
  });
}
