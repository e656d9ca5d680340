import { localCaller } from '../../core/base/caller.ts';
import { shownLine } from '../../core/base/clean-text.ts';
import { AppError } from '../../core/base/errors.ts';
import type { Approval } from '../../core/storage/storage.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { type AnswerFlags, askYesNo, isAgent } from '../ask-terminal.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { formatOf, type OutputFlags } from '../output/output-format.ts';
import { showList } from '../output/show-list.ts';
import { startTenantry } from '../start-tenantry.ts';
import { within } from '../until.ts';

export interface ApproveFlags extends CommonFlags, AnswerFlags, OutputFlags {
  /** Say no. */
  readonly decline?: boolean;
}

const { id: owner } = localCaller;

/** `tenantry approve`: shows what waits for a person's yes, and records the answer of the person at the terminal. */
export async function runApprove(code: string | undefined, flags: ApproveFlags, signal: AbortSignal): Promise<number> {
  if (isAgent(flags)) {
    process.stderr.write(
      'error: A yes is a person’s: this command does not run for an agent (TENANTRY_AGENT, --agent).\n',
    );
    return exitCodes.toolError;
  }
  const tenantry = await startTenantry(flags);
  try {
    const { runtime } = tenantry;
    if (runtime.configurationError) throw runtime.configurationError;
    const waiting = await runtime.approvals.list(owner);
    return code === undefined
      ? await list(waiting, flags, runtime)
      : await answer(code, waiting, flags, runtime, signal);
  } finally {
    await within(2_000, tenantry.close());
  }
}

async function list(waiting: readonly Approval[], flags: ApproveFlags, { clock }: Runtime): Promise<number> {
  const items = waiting.map(({ digest: _digest, state: _state, createdAt, expiresAt, ...approval }) => ({
    ...approval,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  }));
  const table = () => {
    const text = waiting.map((approval) => `${linesOf(approval, clock.now()).join('\n')}\n`).join('\n');
    return waiting.length === 0 ? 'Nothing waits for a yes.' : `${text}\nAnswer with tenantry approve <code>.`;
  };
  process.stdout.write(`${await showList(formatOf(flags), { items, json: { waiting: items }, table })}\n`);
  return exitCodes.success;
}

async function answer(
  code: string,
  waiting: readonly Approval[],
  { yes, decline }: ApproveFlags,
  { approvals, clock }: Runtime,
  signal: AbortSignal,
): Promise<number> {
  const wanted = code.trim().toUpperCase();
  const approval = waiting.find((one) => one.code === wanted);
  if (approval === undefined) throw notWaiting(wanted);
  const said = decline === true ? false : yes === true || (await askYesNo(linesOf(approval, clock.now()), signal));
  if (signal.aborted) return exitCodes.interrupted;
  if (said === undefined) {
    process.stderr.write(
      'error: There is no terminal to ask on. Run tenantry approve in a terminal; a script says --yes or --decline.\n',
    );
    return exitCodes.toolError;
  }
  const outcome = said ? 'approved' : 'declined';
  if (!(await approvals.answer(wanted, owner, outcome))) throw notWaiting(wanted);
  const sentence = said
    ? `Approved. The agent can now send the same call again, once, until ${timeOf(approval)} UTC.`
    : 'Declined. The call will not run.';
  process.stdout.write(process.stdout.isTTY ? `${sentence}\n` : `${JSON.stringify({ code: wanted, outcome })}\n`);
  return exitCodes.success;
}

function notWaiting(code: string): AppError {
  return new AppError('not_found', `Nothing waits for a yes under the code ${shownLine(code).slice(0, 20)}.`, {
    hint: 'It was answered, or an hour has passed. Run tenantry approve without a code to see what waits.',
  });
}

/** Text of tenants is part of some lines: each is one line, without anything that moves the cursor. */
function linesOf(approval: Approval, now: number): readonly string[] {
  const { code, owner: who, tool, connection, summary, details } = approval;
  const minutes = Math.max(1, Math.round((approval.expiresAt - now) / 60_000));
  return [
    `${code}  ${summary}`,
    `  asked by: an agent of ${who}, with ${tool}; waits for ${minutes} more min`,
    ...(connection === undefined ? [] : [`  connection: ${connection}`]),
    // What a request says is set below it.
    ...details.map((line) => (line.startsWith(' ') ? `    ${line}` : `  - ${line}`)),
  ].map(shownLine);
}

function timeOf({ expiresAt }: Approval): string {
  return new Date(expiresAt).toISOString().slice(11, 16);
}
