import { isRecord } from '../base/guards.ts';
import { parseSecretArgument, referenceInText } from '../record/secret-argument.ts';
import { isSecretName } from '../secrets/answers/secret-members.ts';
import { type PropertyProblems, shownName } from './property-problems.ts';

/**
 * Refuses secrets in a member that nobody has published: everybody who may read the connection reads it there, and a
 * reference would be sent as it is.
 */
export function checkSecretsOutside(field: string, name: string, value: unknown, problems: PropertyProblems): void {
  const path = secretPath([name], value);
  if (path !== undefined) {
    const shown = path.map(shownName).join('.');
    problems.add(
      `properties.${shown}`,
      'stands outside credentials',
      `pass it below properties.credentials: everybody who may read the connection would read properties.${shown}`,
    );
  } else {
    checkReferencesOutside(field, value, problems);
  }
}

/** Whether it has refused one. */
export function checkReferencesOutside(field: string, value: unknown, problems: PropertyProblems): boolean {
  const holds = holdsReference(value);
  if (holds) {
    problems.add(
      field,
      'holds a reference to a secret outside credentials',
      'pass secrets as members of properties.credentials: they are read there only',
    );
  }
  return holds;
}

/** Names down to a text whose own name says that it is a secret. */
function secretPath(path: readonly string[], value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return isSecretName(path.at(-1)?.toLowerCase() ?? '') ? path : undefined;
  if (Array.isArray(value)) return first(value.map((one) => secretPath(path, one)));
  return isRecord(value)
    ? first(Object.entries(value).map(([name, one]) => secretPath([...path, name], one)))
    : undefined;
}

function first<Found>(found: readonly (Found | undefined)[]): Found | undefined {
  return found.find((one) => one !== undefined);
}

/** Somewhere in a value, also as JSON text: hosts pass objects so. */
function holdsReference(value: unknown): boolean {
  if (typeof value === 'string') return referenceInText(value) !== undefined;
  if (Array.isArray(value)) return value.some(holdsReference);
  return isRecord(value) && ('argument' in parseSecretArgument(value) || Object.values(value).some(holdsReference));
}
