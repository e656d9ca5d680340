import { Secret } from '../secrets/secret.ts';
import type { CheckedCredential, CheckedCredentials } from './check-credentials.ts';
import type { CheckedProperties } from './check-properties.ts';
import type {
  CredentialValue,
  PrepareWorkspaceConnection,
  WorkspaceConnectionProperties,
} from './workspace-connection.ts';

type Resolve = PrepareWorkspaceConnection['resolveSecret'];

/** Checked properties with their secrets read, one after the other: a person may be asked for them. */
export async function readSecrets(
  checked: CheckedProperties,
  resolve: Resolve,
): Promise<WorkspaceConnectionProperties> {
  const { authType, category, credentials, others } = checked;
  if (credentials === undefined) return { authType, category, ...others };
  return { authType, category, ...others, credentials: await readAll(credentials, resolve) };
}

async function readAll(
  credentials: CheckedCredentials,
  resolve: Resolve,
): Promise<Readonly<Record<string, CredentialValue>>> {
  const read: [string, CredentialValue][] = [];
  for (const [name, member] of credentials) {
    read.push([name, await readOne(`properties.credentials.${name}`, member, resolve)]);
  }
  return Object.fromEntries(read);
}

async function readOne(field: string, member: CheckedCredential, resolve: Resolve): Promise<CredentialValue> {
  switch (member.kind) {
    case 'secret':
      return resolve(field, member.argument);
    case 'secrets': {
      const read: [string, Secret][] = [];
      for (const [name, argument] of member.entries) {
        read.push([name, await resolve(`${field}.${name}`, argument)]);
      }
      return Object.fromEntries(read);
    }
    default:
      return member.value;
  }
}

/** The body of a PUT. The secrets stand open in it: made at the moment of use, kept nowhere. */
export function bodyOf({ credentials, ...others }: WorkspaceConnectionProperties): Readonly<Record<string, unknown>> {
  return { properties: credentials === undefined ? others : { ...others, credentials: revealed(credentials) } };
}

function revealed(credentials: Readonly<Record<string, CredentialValue>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, reveal(value)]));
}

function reveal(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(reveal);
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, reveal(one)]))
    : value;
}
