import type { PersonPage, YesRequest } from '../../base/authority.ts';
import { shownLine } from '../../base/clean-text.ts';

/** A question that the client of a call is to put to its person. */
export type PersonQuestion =
  | { readonly kind: 'yes'; readonly digest: string; readonly message: string }
  | { readonly kind: 'page'; readonly digest: string; readonly page: PersonPage };

/** The digest of a page: the same message is the same page. */
export function pageDigest({ message }: PersonPage): string {
  return `page ${message}`;
}

/** Whether a digest is that of a page; those of a yes have no spaces. */
export function isPage(digest: string): boolean {
  return digest.startsWith('page ');
}

/** Ends a call that has to ask first. The dispatcher puts the question to the client and runs the call again. */
export class AskPerson extends Error {
  override readonly name = 'AskPerson';
  readonly question: PersonQuestion;

  constructor(question: PersonQuestion) {
    super('A person has to be asked.');
    this.question = question;
  }
}

/** What the client of a call can ask, and what the person has answered so far. */
export interface ClientAnswers {
  /** Whether it shows forms. */
  readonly form: boolean;
  /** Whether it opens pages. */
  readonly url: boolean;
  answerTo(digest: string): 'yes' | 'no' | undefined;
  /** Marks the answers of this call as used; resolves false when they were used before. */
  use(): Promise<boolean>;
}

/** Longest text of a question: a person has to see all of it. */
const longestMessage = 6_000;
/** Longest part of a line where not all lines fit. */
const longestLine = 400;

/**
 * The whole question as text. Where it is too long to be read in a form, what is careful is asked with as many lines as
 * fit, since a caller could otherwise make it long to keep the person out; what is authority is undefined then.
 */
export function formMessage({ grade, summary, details, connection }: YesRequest): string | undefined {
  const head = [
    `${questionLine(summary)}?`,
    ...(connection === undefined ? [] : [`Connection: ${questionLine(connection)}`]),
  ];
  const lines = details.map((line) => `- ${questionLine(line)}`);
  const text = [...head, ...lines].join('\n');
  if (text.length <= longestMessage) return text;
  if (grade === 'authority') return undefined;
  const shown = head.map((line) => line.slice(0, longestLine));
  let left = longestMessage - longestLine - shown.join('\n').length;
  for (const [at, line] of lines.entries()) {
    const part = line.length > longestLine ? `${line.slice(0, longestLine).toWellFormed()}…` : line;
    left -= part.length + 1;
    if (left < 0) return [...shown, `- and ${lines.length - at} more, for which there is no room here`].join('\n');
    shown.push(part);
  }
  return shown.join('\n');
}

/** One line without the wide gaps that would push a part of it out of sight, or onto a line of its own. */
export function questionLine(text: string): string {
  return shownLine(text).replace(/[\p{Zs}\u2800]{2,}/gu, ' ');
}

/** What goes out with a question to a client that calls again with the answer. */
export interface SealedQuestion {
  /** Under which the answer has to come, once. */
  readonly id: string;
  readonly asked: string;
  /** Questions of earlier rounds, all answered with yes. */
  readonly answered: readonly string[];
}

/** How long a question may stay open. */
export const questionLifeMs = 10 * 60_000;
