import type { RowPlace, RowSealer } from './row-sealer.ts';
import type { Approval } from './storage.ts';

type ApprovalRow = Readonly<Record<string, unknown>>;

/** The text of an approval, sealed beside what its row is found by: nobody else can say yes, or change what to. */
export function sealApproval(approval: Approval, rows: RowSealer): string {
  const { code, owner, digest, state, expiresAt } = approval;
  return rows.seal(['approvals', code, owner, digest, state, expiresAt], JSON.stringify(approval));
}

/** Undefined for a row that something else than Tenantry has written or changed. */
export function openApproval(row: ApprovalRow, rows: RowSealer): Approval | undefined {
  const text = rows.open(approvalPlace(row), String(row['approval']));
  // Authenticated: only `sealApproval` can have written it.
  return text === undefined ? undefined : (JSON.parse(text) as Approval);
}

/** Where an approval stands. */
export function approvalPlace(row: ApprovalRow): RowPlace {
  const [code = '', owner = '', digest = '', state = ''] = ['code', 'owner', 'digest', 'state'].map((name) =>
    String(row[name]),
  );
  return ['approvals', code, owner, digest, state, Number(row['expires_at'])];
}

/** Owner of the rows that remember used handles: no caller has this name. */
export const handleOwner = '';
