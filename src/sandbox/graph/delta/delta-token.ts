import type { SandboxContext, SandboxRequest } from '../../service.ts';
import { GraphError, unsupportedQuery } from '../graph-error.ts';

/** What a delta round remembers from its first call on. Later calls carry nothing but the token. */
export interface DeltaOptions {
  readonly type: string;
  readonly select: readonly string[] | undefined;
  /** Ids that the round is limited to. */
  readonly ids: readonly string[] | undefined;
}

/** Where a round goes on: in the objects of the first round, or in the changes since a sequence number. */
export interface DeltaPosition extends DeltaOptions {
  readonly phase: 'initial' | 'changes';
  /** Changes after this number belong to the round after this one. */
  readonly until: number;
  /** Changes up to this number were told before. */
  readonly since: number;
  /** Position in the list of the phase. */
  readonly from: number;
  /** Links of the object at `from` that were told already. */
  readonly linksTold: number;
}

interface SealedPosition extends DeltaPosition {
  readonly use: 'delta';
  readonly issuedAt: number;
}

/** Directory delta tokens live for seven days. Source: "Use delta query to track changes in Microsoft Graph data". */
const lifetimeMs = 7 * 86_400_000;

export function buildDeltaLink(
  option: '$skiptoken' | '$deltatoken',
  position: DeltaPosition,
  request: SandboxRequest,
  context: SandboxContext,
): string {
  const sealed: SealedPosition = { use: 'delta', ...position, issuedAt: context.clock.now() };
  return `${request.base}${request.rawPath}?${option}=${context.seal(sealed)}`;
}

/** Opens the token of a later call. Throws 410 with the address of a fresh start when it is too old. */
export function openDeltaToken(
  token: string,
  type: string,
  request: SandboxRequest,
  context: SandboxContext,
): DeltaPosition {
  const position = context.open(token);
  if (!isSealedPosition(position) || position.type !== type) {
    throw unsupportedQuery('Unable to execute query; invalid page token specified.');
  }
  const isTooOld = context.clock.now() - position.issuedAt > lifetimeMs;
  if (isTooOld || position.until > context.store.sequence) {
    const location = `${request.base}${request.rawPath}?$deltatoken=`;
    throw new GraphError(
      410,
      'syncStateNotFound',
      'The sync state generation is not found; a full synchronization is required.',
      { headers: { location } },
    );
  }
  return position;
}

function isSealedPosition(value: unknown): value is SealedPosition {
  return typeof value === 'object' && value !== null && 'use' in value && value.use === 'delta';
}
