import { AppError } from '../base/errors.ts';
import { authVariants, holdsSecret } from './auth-variants.ts';
import type {
  PutWorkspaceConnection,
  WorkspaceConnection,
  WorkspaceConnectionProperties,
} from './workspace-connection.ts';

/** Throws `conflict` when the write would take the place of a connection, or of a secret, that it may not. */
export function checkReplacement(
  existing: WorkspaceConnection,
  { name, properties, replace }: Omit<PutWorkspaceConnection, 'parent'>,
): void {
  const { authType, category } = existing.properties;
  const detail = { existing: { name: existing.name, authType, category } };
  if (!replace) {
    throw new AppError('conflict', `A connection named ${name} exists: ${String(category)}, ${String(authType)}.`, {
      hint: 'Pass replace: true to put this one in its place, with all its credentials, or take another connection_name.',
      detail,
    });
  }
  // What is written takes the place of all that was there: the service keeps nothing of the old credentials.
  if (holdsSecret(String(authType)) && !bringsSecret(properties)) {
    throw new AppError(
      'conflict',
      `Replacing ${name} would destroy its stored secret (${String(authType)}), which cannot be read back, and put none in its place.`,
      {
        hint: `Pass credentials with a new secret, or, if the secret may go, call delete_workspace_connection first.`,
        detail,
      },
    );
  }
}

function bringsSecret({ authType, credentials = {} }: WorkspaceConnectionProperties): boolean {
  const { credentials: members = {} } = authVariants[authType];
  return Object.entries(members).some(
    ([name, kind]) => (kind === 'secret' || kind === 'secrets') && credentials[name] !== undefined,
  );
}
