import { Secret } from '../../core/secret.ts';

/** Members of `credentials` that are no secrets; they appear in answers like any other text. */
const identifiers = new Set(['clientId', 'resourceId', 'username', 'accessKeyId', 'authUrl', 'tenantId']);

/**
 * Properties in which every text of `credentials` that is not an identifier is a `Secret`: made while the arguments are
 * parsed, so that it appears in no error, log or result afterwards. Everything else is checked by the core.
 */
export function withSecrets(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { credentials } = properties;
  return isFields(credentials) ? { ...properties, credentials: secretsOf(credentials) } : properties;
}

function secretsOf(credentials: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => {
      if (name === 'keys' && isFields(value)) {
        return [name, Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asSecret(one)]))];
      }
      return [name, identifiers.has(name) ? value : asSecret(value)];
    }),
  );
}

function asSecret(value: unknown): unknown {
  return typeof value === 'string' ? new Secret(value) : value;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
