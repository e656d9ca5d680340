import { type KnownSecrets, Secret } from '../core/secrets/secret.ts';

/** So many literal secrets of one call are masked at most: no call may push those of others out of the memory. */
const mostSecretsOfCall = 300;

/** Secrets that came as arguments must not go out again, in whatever answer they turn up. */
export function rememberSecrets(args: unknown, known: Pick<KnownSecrets, 'add'>): void {
  let left = mostSecretsOfCall;
  const visit = (value: unknown): void => {
    if (left === 0 || typeof value !== 'object' || value === null) return;
    if (value instanceof Secret) {
      known.add(value);
      left -= 1;
      return;
    }
    for (const child of Object.values(value)) visit(child);
  };
  visit(args);
}
