import type { ConnectionRecord, SecretInfo } from './connection.ts';

/** Every secret that a record points to. */
export function secretsOf({ secrets, previousSecrets, conversion }: ConnectionRecord): readonly SecretInfo[] {
  return [...secrets, ...previousSecrets, ...(conversion?.secrets ?? [])];
}
