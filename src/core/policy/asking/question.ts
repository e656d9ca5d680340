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

/** The whole question as text; undefined when it is too long to be read in a form. */
export function formMessage({ summary, details, connection }: YesRequest): string | undefined {
  const lines = [
    `${shownLine(summary)}?`,
    ...(connection === undefined ? [] : [`Connection: ${shownLine(connection)}`]),
    ...details.map((line) => (line.startsWith(' ') ? shownLine(line) : `- ${shownLine(line)}`)),
  ];
  const text = lines.join('\n');
  return text.length <= longestMessage ? text : undefined;
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
