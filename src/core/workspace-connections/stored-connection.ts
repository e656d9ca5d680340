import { AppError } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import { quoted } from '../base/plain-text.ts';
import type { Page } from '../http/page.ts';
import { Secret } from '../secrets/secret.ts';
import { credentialNames, holdsSecret } from './auth-variants.ts';
import type {
  PutWorkspaceConnection,
  WorkspaceConnection,
  WorkspaceConnectionProperties,
} from './workspace-connection.ts';

/**
 * Members of `properties` that are never shown: the credentials, the legacy value, and strays of either. Lower case: a
 * service that answers in another spelling is no reason to show a secret.
 */
const hidden: ReadonlySet<string> = new Set(
  ['credentials', 'value', 'valueFormat', ...credentialNames()].map((name) => name.toLowerCase()),
);

/**
 * A connection as the service sent it, without anything that can hold a secret. The service leaves credentials out by
 * itself; what must not be shown does not depend on that. Undefined for what is no resource. `collection` is the path
 * below which it was found.
 */
export function cleanConnection(body: unknown, collection: string): WorkspaceConnection | undefined {
  const { id, name, type, properties, systemData } = isRecord(body) ? body : {};
  if (typeof name !== 'string') return undefined;
  return {
    id: usableId(id, `${collection}/${name}`),
    name,
    type: typeof type === 'string' ? type : '',
    properties: isRecord(properties) ? withoutSecrets(properties) : {},
    ...(isRecord(systemData) ? { systemData } : {}),
  };
}

/** Lists show ids that lead nowhere (`…/linkedWorkspaces/{name}`): those give way to the address of the connection. */
function usableId(id: unknown, address: string): string {
  return typeof id === 'string' && /\/connections\/[^/]+$/i.test(id) ? id : address;
}

function withoutSecrets(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !hidden.has(name.toLowerCase())));
}

/** A page of a list with its items cleaned; the bytes of the answer go, since they are shown as they are. */
export function cleanPage({ json: _raw, ...page }: Page, collection: string): Page {
  const items = page.items.map((one) => cleanConnection(one, collection)).filter((one) => one !== undefined);
  return { ...page, items };
}

export function readConnection(body: unknown, path: string, name: string): WorkspaceConnection {
  const connection = cleanConnection(body, path);
  if (connection === undefined) {
    throw new AppError('upstream_error', `The answer for the connection ${name} is not a connection.`, {
      hint: 'Call list_workspace_connections to see the existing ones.',
    });
  }
  return connection;
}

/** Throws `conflict` when the write would take the place of a connection, or of a secret, that it may not. */
export function checkReplacement(
  existing: WorkspaceConnection,
  { name, properties, replace }: Omit<PutWorkspaceConnection, 'parent'>,
): void {
  const { authType, category } = existing.properties;
  const detail = { existing: { name: existing.name, authType, category } };
  if (!replace) {
    throw new AppError(
      'conflict',
      `A connection named ${name} exists: ${quoted(String(category))}, ${quoted(String(authType))}.`,
      {
        hint: 'Pass replace: true to put this one in its place, with all its credentials, or take another connection_name.',
        detail,
      },
    );
  }
  // What is written takes the place of all that was there: the service keeps nothing of the old credentials.
  if (holdsSecret(String(authType)) && !bringsSecret(properties)) {
    throw new AppError(
      'conflict',
      `Replacing ${name} would destroy its stored secret (${quoted(String(authType))}), which cannot be read back, and put none in its place.`,
      {
        hint: `Pass credentials with a new secret, or, if the secret may go, call delete_workspace_connection first.`,
        detail,
      },
    );
  }
}

function bringsSecret({ credentials }: WorkspaceConnectionProperties): boolean {
  return holdsMaterial(credentials);
}

function holdsMaterial(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsMaterial);
}

/** Names that answers give to auth types in place of those that were written. */
const answeredNames: Readonly<Record<string, string>> = {
  RegistryIdentity: 'ManagedIdentity',
  Basic: 'UsernamePassword',
};

/** Whether what is found is what was written: it was not there before, or it has been changed since. */
export function isFresh(
  found: WorkspaceConnection,
  existing: WorkspaceConnection | undefined,
  { authType, category, target }: WorkspaceConnectionProperties,
): boolean {
  const { properties } = found;
  const isSame =
    (answeredNames[String(properties['authType'])] ?? properties['authType']) === authType &&
    properties['category'] === category &&
    (properties['target'] ?? undefined) === target;
  const changedAt = found.systemData?.['lastModifiedAt'];
  return isSame && (existing === undefined || existing.systemData?.['lastModifiedAt'] !== changedAt);
}

/** Made before it was changed: what is new has both times alike. */
export function isOlder({ systemData = {} }: WorkspaceConnection): boolean {
  const [created, modified] = [systemData['createdAt'], systemData['lastModifiedAt']].map((at) =>
    typeof at === 'string' ? Date.parse(at) : Number.NaN,
  );
  return created !== undefined && modified !== undefined && modified - created >= 1_000;
}
