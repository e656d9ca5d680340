import { driveError } from '../graph/drive/drive-error.ts';
import { buildErrorResponse, GraphError } from '../graph/graph-error.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';

/** Answers a request to an address that carries its own authority. */
export type PreAuthenticatedHandler = (
  /** What the address's `tempauth` stands for; undefined when it is missing or forged. */
  ticket: Readonly<Record<string, unknown>> | undefined,
  request: SandboxRequest,
  context: SandboxContext,
) => SandboxResponse;

/**
 * A service whose addresses are handed out by Graph and need no token. A token that is sent all the same is refused: it
 * does not belong there. Source: "Upload large files with an upload session".
 */
export function preAuthenticatedService(name: 'upload' | 'monitor', handler: PreAuthenticatedHandler): SandboxService {
  return {
    name,
    async handle(request, context) {
      try {
        if (request.headers['authorization'] !== undefined) throw unauthenticated();
        const tempAuth = new URLSearchParams(request.rawQuery).get('tempauth');
        const opened = tempAuth === null ? undefined : context.open(tempAuth);
        return handler(isRecord(opened) ? opened : undefined, request, context);
      } catch (error) {
        if (error instanceof GraphError) return buildErrorResponse(error, request, context);
        throw error;
      }
    },
  };
}

export function unauthenticated(): GraphError {
  return driveError(401, 'unauthenticated', 'The caller is not authenticated.');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
