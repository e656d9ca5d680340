import { writtenForms } from '../secret.ts';
import { resourceTypeOf } from './answer-rules.ts';
import { maskAnswer } from './mask-answer.ts';
import { secretMark } from './secret-shapes.ts';

/** A request that is shown before it is sent. */
export interface ShownRequest {
  readonly api: 'graph' | 'arm';
  readonly path: string;
  readonly body?: unknown;
}

const asked = { download: true, upload: true, thumbnails: true, isAboutThumbnails: false };

/** Shorter values would blank out ordinary words. */
const shortest = 6;

/**
 * What is told about a request before it is sent, without the secrets of its body: they stay out of the request, and out
 * of the values that would change. References to secrets stay as they are.
 */
export function withoutBodySecrets<Told>(told: Told, { api, path, body }: ShownRequest): Told {
  const type = api === 'arm' ? resourceTypeOf(path) : '';
  const options = { api, type, rule: undefined, isFailure: true, asked, known: undefined };
  const found = new Set<string>();
  collectMarked(body, maskAnswer(body, { ...options, sent: [] }).value, found);
  const sent = [...found].flatMap(writtenForms).toSorted((one, other) => other.length - one.length);
  // The mask changes texts alone.
  return maskAnswer(told, { ...options, sent }).value as Told;
}

/** The texts that became the mark. */
function collectMarked(given: unknown, masked: unknown, found: Set<string>): void {
  if (given === masked) return;
  if (typeof given === 'string') {
    if (masked === secretMark && given.length >= shortest) found.add(given);
  } else if (typeof given === 'object' && given !== null && typeof masked === 'object' && masked !== null) {
    for (const [name, one] of Object.entries(given)) {
      collectMarked(one, (masked as Readonly<Record<string, unknown>>)[name], found);
    }
  }
}
