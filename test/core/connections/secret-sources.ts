import { createSecretReferences, type SecretReferences } from '../../../src/core/auth/secret-references.ts';
import type { NamedSecrets } from '../../../src/core/named-secrets/named-secrets.ts';

/** References to these variables, in a home that need not exist; agents may name what begins with `TENANTRY_SECRET_`. */
export function testReferences(
  home = '/nowhere/home',
  variables: Readonly<Record<string, string>> = {},
): SecretReferences {
  const allowed = { environment: ['TENANTRY_SECRET_*'], files: [] };
  return createSecretReferences({ environment: (name) => variables[name], home, allowed });
}

/** For tests that name no secret. */
export const noNamedSecrets: Pick<NamedSecrets, 'resolve' | 'sourceOf'> = {
  resolve: () => Promise.reject(new Error('There are no named secrets in this test.')),
  sourceOf: async () => undefined,
};
