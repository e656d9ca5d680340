import { isRecord } from '../../base/guards.ts';
import { writtenForms } from '../secret.ts';
import { isSecretName } from './secret-members.ts';

/** Shorter values would blank out ordinary words. */
const shortest = 6;
const mostSent = 100;
const deepest = 12;

/**
 * Secrets of a request body, by the names of their members, longest first. The answer to the request may repeat them, as
 * errors do that quote their input.
 */
export function sentSecrets(body: unknown, given: readonly string[] = []): readonly string[] {
  const found = new Set<string>(given);
  collect(body, found, false, 0);
  return [...found].flatMap(writtenForms).sort((one, other) => other.length - one.length);
}

function collect(value: unknown, found: Set<string>, isSecret: boolean, depth: number): void {
  if (found.size >= mostSent || depth > deepest) return;
  if (typeof value === 'string') {
    if (isSecret && value.length >= shortest) found.add(value);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, isSecret, depth + 1);
  } else if (isRecord(value)) {
    for (const [name, child] of Object.entries(value)) {
      const lower = name.toLowerCase();
      // The user chooses the names of credentials; identifiers among them are no secrets.
      const isCredential = isSecret ? !/id$|name$|url$/.test(lower) : lower === 'credentials' && isRecord(child);
      collect(child, found, isSecretName(lower) || isCredential, depth + 1);
    }
  }
}
