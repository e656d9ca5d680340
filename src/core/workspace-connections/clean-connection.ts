import type { Page } from '../http/page.ts';
import { credentialNames } from './auth-variants.ts';
import type { WorkspaceConnection } from './workspace-connection.ts';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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
  const { id, name, type, properties, systemData } = isFields(body) ? body : {};
  if (typeof name !== 'string') return undefined;
  return {
    id: usableId(id, `${collection}/${name}`),
    name,
    type: typeof type === 'string' ? type : '',
    properties: isFields(properties) ? withoutSecrets(properties) : {},
    ...(isFields(systemData) ? { systemData } : {}),
  };
}

/** Lists show ids that lead nowhere (`…/linkedWorkspaces/{name}`): those give way to the address of the connection. */
function usableId(id: unknown, address: string): string {
  return typeof id === 'string' && /\/connections\/[^/]+$/i.test(id) ? id : address;
}

function withoutSecrets(properties: Fields): Fields {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !hidden.has(name.toLowerCase())));
}

/** A page of a list with its items cleaned; the bytes of the answer go, since they are shown as they are. */
export function cleanPage({ json: _raw, ...page }: Page, collection: string): Page {
  const items = page.items.map((one) => cleanConnection(one, collection)).filter((one) => one !== undefined);
  return { ...page, items };
}
