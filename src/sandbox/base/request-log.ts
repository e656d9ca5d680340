import { isRecord } from '../../core/base/guards.ts';
import type { SeenRequest } from '../sandbox.ts';

/** What arrived, secrets masked, oldest first. Keeps the newest 100,000 requests. */
export interface RequestLog {
  add(request: SeenRequest): void;
  all(): readonly SeenRequest[];
  clear(): void;
}

const maxEntries = 100_000;
const maxBodyBytes = 256 * 1024;
const mask = '***';

export function createRequestLog(): RequestLog {
  let entries: SeenRequest[] = [];
  return {
    add(request) {
      entries.push(request);
      if (entries.length > maxEntries) entries = entries.slice(maxEntries / 10);
    },
    all: () => entries.slice(),
    clear() {
      entries = [];
    },
  };
}

const secretNames = new Set(
  `access_token accesstoken apitoken assertion authorization client_assertion client_secret code cookie
    currentpassword device_code federated_token id_token key newpassword password proof publishprofile
    refresh_token secrettext serviceprincipalcertificate serviceprincipalkey sig tempauth temporaryaccesspass`.split(
    /\s+/,
  ),
);

export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, maskHeader(name, value)]));
}

/** The scheme stays readable: whether and how a request was authenticated is what a reader looks for. */
function maskHeader(name: string, value: string): string {
  if (name === 'authorization') return /^\w+ /.test(value) ? `${value.split(' ', 1)[0]} ${mask}` : mask;
  return secretNames.has(name) || name === 'set-cookie' ? mask : value;
}

/** Masks the secret values of a query string; everything else stays as it was on the wire. */
export function maskQuery(rawQuery: string): string {
  if (!rawQuery) return rawQuery;
  return rawQuery.replace(/(^|&)([^=&]+)=([^&]*)/g, (whole, lead: string, name: string) =>
    secretNames.has(name.toLowerCase()) ? `${lead}${name}=${mask}` : whole,
  );
}

/** Body for the log: JSON and forms as objects with secrets masked, other bytes as their size. */
export function maskBody(body: Uint8Array, contentType: string): unknown {
  if (body.length === 0) return undefined;
  if (body.length > maxBodyBytes) return `(${body.length} bytes)`;
  const text = Buffer.from(body).toString('utf8');
  if (contentType.includes('x-www-form-urlencoded')) return maskValue(Object.fromEntries(new URLSearchParams(text)));
  try {
    return maskValue(JSON.parse(text));
  } catch {
    return `(${body.length} bytes)`;
  }
}

/** Members of `credentials` that are no secrets. Everything else in there is masked, whatever its name. */
const identifierNames = new Set(['accesskeyid', 'authurl', 'clientid', 'resourceid', 'tenantid', 'username']);

function maskValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskValue);
  return isRecord(value) ? maskMembers(value) : value;
}

function maskMembers(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSecret(name, inner) ? mask : maskMember(name, inner, value)]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  // The `authorization` of a service connection is an object with a scheme, which is no secret.
  const isScheme = name === 'authorization' && isRecord(value);
  return secretNames.has(name.toLowerCase()) && value !== null && !isScheme;
}

/** Parameters of a service connection that are no secrets. */
const openParameters = /^(?:tenantid|serviceprincipalid|authenticationtype|scope|workloadidentityfederation.*)$/i;

/** What a service connection signs in with: of its parameters only those stay that are known to be no secrets. */
function maskAuthorization(authorization: Readonly<Record<string, unknown>>): unknown {
  const { parameters, ...others } = authorization;
  if (!isRecord(parameters)) return maskMembers(authorization);
  const masked = Object.entries(parameters).map(([name, value]) => [
    name,
    value === null || openParameters.test(name) ? value : mask,
  ]);
  return { ...maskMembers(others), parameters: Object.fromEntries(masked) };
}

/** What a connection of a workspace holds: credentials, or a `value` beside its auth type. */
function maskMember(name: string, inner: unknown, owner: Readonly<Record<string, unknown>>): unknown {
  if (inner === null) return inner;
  if (name === 'authorization' && isRecord(inner)) return maskAuthorization(inner);
  if (name.toLowerCase() === 'credentials') return isRecord(inner) ? maskCredentials(inner) : mask;
  return name === 'value' && 'authType' in owner ? mask : maskValue(inner);
}

function maskCredentials(credentials: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, inner]) => {
      // The names of a map of keys are the user's own.
      if (isRecord(inner)) return [name, Object.fromEntries(Object.keys(inner).map((key) => [key, mask]))];
      return [name, identifierNames.has(name.toLowerCase()) || inner === null ? inner : mask];
    }),
  );
}
