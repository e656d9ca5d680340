import { createTokenSource, type TokenSourceOptions } from '../../../src/core/auth/create-token-source.ts';
import { createTokenCache } from '../../../src/core/auth/token-cache.ts';
import type { Cloud } from '../../../src/core/base/clouds.ts';
import type { AuthType, ConnectionRecord, SecretField } from '../../../src/core/record/connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { handClock, testRecord } from '../connections/support.ts';
import { fakeAuthority } from './fake-authority.ts';

export const labCloud: Cloud = {
  name: 'lab',
  login: 'https://login.lab.example',
  graph: 'https://graph.lab.example',
  resourceManager: 'https://management.lab.example',
  devops: 'https://dev.lab.example',
  dataPlane: {},
};
export const audience = labCloud.graph;

interface Setup {
  readonly auth_type?: AuthType;
  readonly secrets?: Partial<Record<SecretField, string>>;
  readonly record?: Partial<ConnectionRecord>;
  readonly cloud?: Cloud;
  readonly variables?: Readonly<Record<string, string>>;
  readonly options?: Partial<TokenSourceOptions>;
}

/** A token source over a fake authority, for a complete connection. */
export function setUp({
  auth_type = 'azure',
  secrets = {},
  record = {},
  cloud = labCloud,
  variables = {},
  options = {},
}: Setup = {}) {
  const clock = handClock(Date.now());
  const authority = fakeAuthority(cloud.login);
  const material = new Map<string, string>(Object.entries(secrets));
  const connection = testRecord({
    auth_type,
    cloud: cloud.name,
    secrets: [...material].map(([field, text]) => ({
      // The keys of `secrets` are secret fields by its type.
      field: field as SecretField,
      ref: `ref-${field}`,
      fingerprint: `fingerprint of ${text}`,
      storedAt: '2026-01-01T00:00:00.000Z',
      source: 'env' as const,
    })),
    ...record,
  });
  const source = createTokenSource({
    record: connection,
    cloud,
    readSecret: async (_record, field) => new Secret(material.get(field) ?? ''),
    httpClient: async () => authority.httpClient,
    cache: createTokenCache({ clock }),
    clock,
    environment: (name) => variables[name],
    ...options,
  });
  return { source, authority, clock, connection };
}
