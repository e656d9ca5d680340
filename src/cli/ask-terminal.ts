import type { ReadStream, WriteStream } from 'node:tty';
import type { Authority, YesRequest } from '../core/base/authority.ts';
import { shownLine } from '../core/base/clean-text.ts';
import { processEnvironment } from '../core/base/environment.ts';
import { AppError } from '../core/base/errors.ts';

/** How the questions of a command are answered. */
export interface AnswerFlags {
  /** Answers every question with yes: for scripts. */
  readonly yes?: boolean;
  /** The arguments were written by a model: `--yes` does not count, and what needs a person waits for `tenantry approve`. */
  readonly agent?: boolean;
}

/** Where a person can be asked. */
export interface Terminal {
  readonly input: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream;
  readonly output: Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream;
}

/** Questions go to stderr: stdout carries results only. */
const processTerminal: Terminal = { input: process.stdin, output: process.stderr };

/** Whether a model speaks. A value that is not clearly a no counts as yes. */
export function isAgent({ agent }: AnswerFlags): boolean {
  const variable = processEnvironment('TENANTRY_AGENT');
  return agent === true || (variable !== undefined && !/^(?:|0|false)$/i.test(variable));
}

export interface TerminalAuthorityOptions extends AnswerFlags {
  readonly signal: AbortSignal;
  readonly terminal?: Terminal;
  /** Clears what is drawn on the line. */
  readonly onAsking?: () => void;
}

/** The person at the terminal, who is asked y/N before a risky write. */
export function terminalAuthority(options: TerminalAuthorityOptions): Authority {
  const { yes, signal, terminal, onAsking } = options;
  const granted = new Set<string>();
  return {
    actor: 'operator',
    channel: 'terminal',
    async requireYes(request) {
      const { grade, summary, details, connection } = request;
      const asked = JSON.stringify([grade, summary, details, connection]);
      if (request.guards === 'agent' || granted.has(asked)) return;
      if (yes !== true) {
        onAsking?.();
        const answer = await askYesNo(linesOf(request), signal, terminal);
        if (answer !== true) throw notGiven(summary, answer);
      }
      granted.add(asked);
    },
    showPage: async () => false,
  };
}

function linesOf({ summary, details, connection }: YesRequest): readonly string[] {
  return [
    `${summary}?`,
    ...(connection === undefined ? [] : [`  connection: ${connection}`]),
    ...details.map((line) => `  ${line}`),
  ];
}

function notGiven(summary: string, answer: boolean | undefined): AppError {
  const what = shownLine(summary);
  return answer === undefined
    ? new AppError('refused', `This needs a yes, and there is no terminal to ask on: ${what}. Nothing was done.`, {
        hint: 'Run the command in a terminal, or add --yes to a script that may do it.',
      })
    : new AppError('refused', `You did not say yes to this: ${what}. Nothing was done.`, {
        hint: 'Run the command again to answer otherwise.',
      });
}

/** Shows the lines and reads one answer; undefined where no person is at a terminal. Anything but a clear yes is a no. */
export async function askYesNo(
  lines: readonly string[],
  signal: AbortSignal,
  { input, output }: Terminal = processTerminal,
): Promise<boolean | undefined> {
  if (!input.isTTY || !output.isTTY) return undefined;
  for (const line of lines) output.write(`${shownLine(line)}\n`);
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input, output });
  const ended = new AbortController();
  // Without an answer: the terminal was closed.
  reader.once('close', () => ended.abort());
  reader.once('SIGINT', () => process.emit('SIGINT'));
  try {
    const answer = await reader.question('Say yes? [y/N] ', { signal: AbortSignal.any([signal, ended.signal]) });
    return /^\s*y(?:es)?\s*$/i.test(answer);
  } catch {
    return false;
  } finally {
    reader.close();
  }
}
