import type { TokenSource } from '../../http/token-source.ts';
import type { OperationPermissions } from './permission-index.ts';

/** What a Graph token lets its bearer do, as far as it says so itself. */
export interface GrantedPermissions {
  readonly kind: 'application' | 'delegated';
  readonly names: readonly string[];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads roles or scopes off an access token. Only to explain a refusal after the fact: what a token may do is the
 * service's decision, and its format may change, so anything unexpected is simply not known.
 */
export function readGrantedPermissions(token: string): GrantedPermissions | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (!isRecord(payload)) return undefined;
    const { scp, roles } = payload;
    if (typeof scp === 'string') return { kind: 'delegated', names: scp.split(' ').filter((name) => name !== '') };
    const names = Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
    return { kind: 'application', names };
  } catch {
    return undefined;
  }
}

export async function fetchGrantedPermissions(
  tokens: TokenSource,
  audience: string,
  signal: AbortSignal,
): Promise<GrantedPermissions | undefined> {
  try {
    const { token } = await tokens.getToken({ audience, signal });
    return readGrantedPermissions(token);
  } catch {
    // The refusal itself is what the caller needs to hear about, not that its explanation is incomplete.
    return undefined;
  }
}

/** `User.Read.All` is part of `User.ReadWrite.All`, and most of the directory's of `Directory.ReadWrite.All`. */
function covers(granted: string, needed: string): boolean {
  if (granted === needed || granted === needed.replace('.ReadBasic.', '.Read.')) return true;
  const stronger = needed.replace(/\.(?:ReadBasic|Read)\./, '.ReadWrite.');
  return granted === stronger || granted === needed.replace('.OwnedBy', '.All');
}

/** Says whether the token has what an operation needs: one sentence, empty when that is not known. */
export function describeGrant(
  granted: GrantedPermissions | undefined,
  permissions: OperationPermissions | undefined,
): string {
  if (granted === undefined || permissions === undefined) return '';
  const needed = permissions[granted.kind];
  if (needed.length === 0) return '';
  const missing = needed.filter((name) => !granted.names.some((held) => covers(held, name)));
  if (missing.length === 0) {
    return 'The token has it already: the object may be protected, or a directory role is needed besides.';
  }
  const kind = granted.kind === 'application' ? 'application permissions' : 'scopes';
  return granted.names.length === 0
    ? `The token has no ${kind} at all.`
    : `The token does not have ${missing.join(' and ')}.`;
}
