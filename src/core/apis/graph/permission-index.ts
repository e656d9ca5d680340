import type { HttpMethod } from '../../http/api-client.ts';

/** Least-privileged permissions of an operation, all of each list together. */
export interface OperationPermissions {
  /** App-only; empty when the operation does not exist for apps. */
  readonly application: readonly string[];
  /** On behalf of a signed-in person. */
  readonly delegated: readonly string[];
}

/** Knows which permission an operation needs. */
export interface PermissionIndex {
  /** `path` is below the version root. Undefined when the operation is not known. */
  leastPrivileged(method: HttpMethod, path: string): OperationPermissions | undefined;
}
