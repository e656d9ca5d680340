import { isAbsolute } from 'node:path';
import {
  absentAddress,
  builtInClouds,
  type Cloud,
  cloudServices,
  type ServiceAddresses,
  tokenServices,
  withoutTrailingSlash,
} from '../../core/base/clouds.ts';
import { AppError } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ConfiguredSecret } from '../../core/named-secrets/named-secrets.ts';
import { defaultPolicy, type Policy } from '../../core/policy/policy.ts';
import type { DeclaredConnection } from '../../core/record/declared-connection.ts';
import { missingRequirements } from '../../core/record/requirements.ts';
import type { SecretRules } from './config.ts';
import type { CloudSection, ConnectionSection, PolicySection, SecretsSection } from './config-schema.ts';

// What the sections of tenantry.yaml become, and the checks beyond their schema.

/** Built-in and configured clouds, by name. A built-in cloud cannot be redefined. */
export function buildClouds(sections: Readonly<Record<string, CloudSection>>): Map<string, Cloud> {
  const clouds = new Map(Object.entries(builtInClouds));
  for (const [name, section] of Object.entries(sections)) {
    if (clouds.has(name)) {
      throw broken(`clouds.${name} is the name of a built-in cloud`, 'Give the cloud another name.');
    }
    clouds.set(name, buildCloud(name, section));
  }
  return clouds;
}

function buildCloud(name: string, section: CloudSection): Cloud {
  const addresses = tokenServices.map((service) => [
    cloudServices[service].member,
    withoutTrailingSlash(section[service] ?? absentAddress(service)),
  ]);
  return {
    // The table of services names exactly these members.
    ...(Object.fromEntries(addresses) as ServiceAddresses),
    name,
    login: withoutTrailingSlash(section.login),
    dataPlane: withoutUndefined(section.data_plane ?? {}),
    audiences: withoutUndefined(section.token_audience ?? {}),
  };
}

/** Sections of the file as declared connections. Names are unique, and each has exactly the fields it needs. */
export function buildDeclaredConnections(
  sections: readonly ConnectionSection[],
  clouds: ReadonlyMap<string, Cloud>,
  file: string,
): DeclaredConnection[] {
  const names = new Set<string>();
  const connections = sections.map((section) => {
    if (names.has(section.name)) {
      throw broken(`connection ${section.name} is declared twice`, 'Rename or remove one of them.');
    }
    names.add(section.name);
    return buildDeclaredConnection(section);
  });
  for (const connection of connections) checkDeclared(connection, clouds, file);
  return connections;
}

function buildDeclaredConnection(section: ConnectionSection): DeclaredConnection {
  const { client_secret, certificate, certificate_passphrase, federated_token, token, shared_with, ...rest } = section;
  const { name, provider, scopes, cloud, access, auth_type, scope_level, settings, ...identity } = rest;
  return {
    name,
    provider,
    scopes,
    cloud,
    access,
    auth_type,
    scope_level,
    settings,
    identity: withoutUndefined(identity),
    secrets: withoutUndefined({ client_secret, certificate, federated_token, token }),
    ...(shared_with.length === 0 ? {} : { shared_with }),
    ...withoutUndefined({ certificate_passphrase }),
  };
}

/** Says now, rather than at its first use, what a declared connection lacks. */
function checkDeclared(connection: DeclaredConnection, clouds: ReadonlyMap<string, Cloud>, file: string): void {
  const { name, cloud, auth_type } = connection;
  const refuse = (reason: string, hint: string) => broken(`${file}: connection ${name}: ${reason}`, hint);
  // `sandbox` exists only while the sandbox runs, which is not known here.
  if (!clouds.has(cloud) && cloud !== 'sandbox') {
    throw refuse(`there is no cloud ${cloud}`, `Valid clouds: ${[...clouds.keys()].join(', ')}.`);
  }
  const { missing, unused } = missingRequirements(connection, Object.keys(connection.secrets));
  if (missing.length > 0) {
    throw refuse(
      `${missing.join(', ')} missing`,
      `auth_type ${auth_type} needs ${missing.length === 1 ? 'it' : 'them'}.`,
    );
  }
  if (connection.certificate_passphrase !== undefined && connection.secrets.certificate === undefined) {
    throw refuse(
      'certificate_passphrase without a certificate',
      'Remove it, or declare the certificate that it opens.',
    );
  }
  if (unused.length > 0) {
    throw refuse(`${unused.join(', ')} does not go with auth_type ${auth_type}`, 'Remove it or change auth_type.');
  }
}

/** `policy` with its defaults; identifiers in the form in which they are compared. */
export function buildPolicy(section: PolicySection): Policy {
  const { max_access, ambient, fan_out, connections = {}, ...rules } = section;
  const { protected: guarded, deny, receipts, ...others } = buildRules(rules);
  return {
    ...withoutUndefined(others),
    max_access: max_access ?? defaultPolicy.max_access,
    ambient: ambient ?? defaultPolicy.ambient,
    fan_out: fan_out ?? defaultPolicy.fan_out,
    deny: deny ?? defaultPolicy.deny,
    protected: { ...defaultPolicy.protected, ...guarded },
    receipts: receipts ?? defaultPolicy.receipts,
    connections: Object.fromEntries(Object.entries(connections).map(([name, one]) => [name, buildRules(one)])),
  };
}

function buildRules({ protected: guarded, subscriptions, ...rules }: Omit<PolicySection, 'connections'>) {
  return withoutUndefined({
    ...rules,
    subscriptions: subscriptions?.map((id) => id.toLowerCase()),
    protected: guarded && { ...defaultPolicy.protected, ...withoutUndefined(guarded) },
  });
}

/** `secrets` of the file; a named one comes from exactly one place. */
export function buildSecretRules({ named, ...rules }: SecretsSection, clouds: ReadonlyMap<string, Cloud>): SecretRules {
  const relative = rules.files.find((folder) => !isAbsolute(folder) && !folder.startsWith('~/'));
  if (relative !== undefined) {
    throw broken(
      'secrets.files names a folder without its whole path',
      'Use absolute paths, or ~/ for those of the user.',
    );
  }
  const secrets = Object.entries(named).map(([name, one]): [string, ConfiguredSecret] => [
    name,
    buildNamedSecret(name, one, clouds),
  ]);
  return { ...rules, named: Object.fromEntries(secrets) };
}

function buildNamedSecret(
  name: string,
  { env, file, use, to, cloud }: SecretsSection['named'][string],
  clouds: ReadonlyMap<string, Cloud>,
): ConfiguredSecret {
  if ((env === undefined) === (file === undefined)) {
    throw broken(`secrets.named.${name} names no source, or two`, 'Give it either env: NAME or file: /absolute/path.');
  }
  if (use.includes('export') !== to.length > 0) {
    throw broken(
      `secrets.named.${name} has ${to.length > 0 ? 'places in to, but no use: [export]' : 'use: [export], but no place in to'}`,
      'A secret is exported only to the places in its list: name holder, and target for workspace connections.',
    );
  }
  // `sandbox` exists only while the sandbox runs, which is not known here.
  if (!clouds.has(cloud) && cloud !== 'sandbox') {
    throw broken(
      `secrets.named.${name}: there is no cloud ${cloud}`,
      `Valid clouds: ${[...clouds.keys()].join(', ')}.`,
    );
  }
  const source = env === undefined ? { file: file ?? '' } : { env };
  return { source, use, to: to.map((place) => withoutUndefined(place)), cloud };
}

function broken(reason: string, hint: string): AppError {
  return new AppError('configuration', `The configuration is broken: ${reason}.`, { hint });
}
