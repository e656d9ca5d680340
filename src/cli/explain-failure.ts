import { shownText } from '../core/base/clean-text.ts';
import { AppError } from '../core/base/errors.ts';
import { exitCodes, UsageError } from './exit-codes.ts';
import { inCommandWords } from './output/command-words.ts';

/** Says on stderr why a command did not do its work, and returns the exit code. */
export function explainFailure(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${shownText(`${error.message}\nFor example: ${error.example}`)}\n`);
    return exitCodes.usage;
  }
  if (error instanceof AppError) {
    process.stderr.write(`${errorText(error)}\n`);
    return codeOf(error);
  }
  const name = error instanceof Error ? error.name : 'unknown';
  process.stderr.write(`error: an unexpected failure (${name}).\n`);
  return exitCodes.toolError;
}

/** Message and next step, in words of the command line. */
export function errorText({ message, hint }: AppError): string {
  return `error: ${shownText(inCommandWords(hint === undefined ? message : `${message} ${hint}`))}`;
}

/** Wrong usage and configuration have their own code; the rest is an answer. */
function codeOf({ code }: AppError): number {
  if (code === 'cancelled') return exitCodes.interrupted;
  return code === 'configuration' || code === 'invalid_argument' ? exitCodes.usage : exitCodes.toolError;
}
