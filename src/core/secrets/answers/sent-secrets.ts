import { isRecord } from '../../base/guards.ts';
import { writtenForms } from '../secret.ts';
import { connectionIdentifiers, isSecretName } from './secret-members.ts';

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
  collect(body, found, 'open', 0);
  return [...found].flatMap(writtenForms).sort((one, other) => other.length - one.length);
}

/** Where a text stands: `credentials` is right in such an object, whose identifiers are no secrets. */
type Standing = 'open' | 'credentials' | 'secret';

function collect(value: unknown, found: Set<string>, standing: Standing, depth: number): void {
  if (found.size >= mostSent || depth > deepest) return;
  if (typeof value === 'string') {
    if (standing !== 'open' && value.length >= shortest) found.add(value);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, standing, depth + 1);
  } else if (isRecord(value)) {
    for (const [name, child] of Object.entries(value)) {
      collect(child, found, standingOf(name.toLowerCase(), child, standing), depth + 1);
    }
  }
}

function standingOf(name: string, child: unknown, around: Standing): Standing {
  if (isSecretName(name) || around === 'secret') return 'secret';
  if (around === 'credentials') return connectionIdentifiers.has(name) ? 'open' : 'secret';
  return name === 'credentials' && isRecord(child) ? 'credentials' : 'open';
}
