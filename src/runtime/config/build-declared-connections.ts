import { AppError } from '../../core/base/errors.ts';
import type { ConnectionIdentity, SecretField } from '../../core/record/connection.ts';
import type { DeclaredConnection, DeclaredSecret } from '../../core/record/declared-connection.ts';
import type { ConnectionSection } from './config-schema.ts';

/** Turns sections of the file into declared connections; a name may appear once. */
export function buildDeclaredConnections(sections: readonly ConnectionSection[]): DeclaredConnection[] {
  const names = new Set<string>();
  return sections.map((section) => {
    if (names.has(section.name)) {
      throw new AppError(
        'configuration',
        `The configuration is broken: connection ${section.name} is declared twice.`,
        {
          hint: 'Rename or remove one of them.',
        },
      );
    }
    names.add(section.name);
    return buildDeclaredConnection(section);
  });
}

function buildDeclaredConnection(section: ConnectionSection): DeclaredConnection {
  const { client_secret, certificate, federated_token, token, ...rest } = section;
  const { name, provider, scopes, cloud, access, auth_type, scope_level, settings, ...identity } = rest;
  const secrets: Partial<Record<SecretField, DeclaredSecret>> = {
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(federated_token === undefined ? {} : { federated_token }),
    ...(token === undefined ? {} : { token }),
  };
  return {
    name,
    provider,
    scopes,
    cloud,
    access,
    auth_type,
    scope_level,
    settings,
    identity: definedIdentity(identity),
    secrets,
  };
}

/** Drops absent parts, so that records compare and print without empty keys. */
function definedIdentity(identity: Readonly<Record<string, string | undefined>>): ConnectionIdentity {
  return Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
}
