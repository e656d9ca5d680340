import { Secret } from '../../core/secrets/secret.ts';

/** Members of `credentials` that are no secrets; they appear in answers like any other text. */
const identifiers = new Set(['clientId', 'resourceId', 'username', 'accessKeyId', 'authUrl', 'tenantId']);

/**
 * Properties in which every text of `credentials` that is not an identifier is a `Secret`, however deep it is: made while the arguments are
 * parsed, so that it appears in no error, log or result afterwards. Everything else is checked by the core.
 */
export function withSecrets(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { credentials } = properties;
  return isFields(credentials) ? { ...properties, credentials: secretsOf(credentials) } : properties;
}

function secretsOf(credentials: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => {
      return [name, identifiers.has(name) ? value : asSecret(value)];
    }),
  );
}

function asSecret(value: unknown): unknown {
  if (typeof value === 'string') return new Secret(value);
  if (Array.isArray(value)) return value.map(asSecret);
  if (!isFields(value) || isReference(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asSecret(one)]));
}

/** Where a secret is to be found is none itself. */
function isReference(value: Readonly<Record<string, unknown>>): boolean {
  const [name = '', ...others] = Object.keys(value);
  return others.length === 0 && ['env', 'file', 'key_vault', 'prompt'].includes(name);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
