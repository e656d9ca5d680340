import { isRecord } from '../../core/base/guards.ts';
import type { SeenRequest } from '../sandbox.ts';

/** Received requests with secrets masked, oldest first. Keeps the latest 100,000. */
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
  `access_token accesstoken administratorloginpassword administratorpassword adminpassword apitoken assertion authorization client_assertion client_secret code cookie
    currentpassword device_code federated_token id_token key newpassword password proof publishprofile
    refresh_token secrettext serviceprincipalcertificate serviceprincipalkey sig tempauth temporaryaccesspass`.split(
    /\s+/,
  ),
);

export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, maskHeader(name, value)]));
}

/** Keeps the scheme readable, so that the log shows whether and how a request was authenticated. */
function maskHeader(name: string, value: string): string {
  if (name === 'authorization') return /^\w+ /.test(value) ? `${value.split(' ', 1)[0]} ${mask}` : mask;
  return secretNames.has(name) || name === 'set-cookie' ? mask : value;
}

/** Masks the secret values of a query string; the rest is unchanged. */
export function maskQuery(rawQuery: string): string {
  if (!rawQuery) return rawQuery;
  return rawQuery.replace(/(^|&)([^=&]+)=([^&]*)/g, (whole, lead: string, name: string) =>
    secretNames.has(name.toLowerCase()) ? `${lead}${name}=${mask}` : whole,
  );
}

/** Body for the log: JSON and forms as objects with secrets masked, other content as its size. */
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

/** Members of `credentials` that are not secrets. All others are masked, whatever their names. */
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
  // The `authorization` of a service connection is an object whose scheme is not secret.
  const isScheme = name === 'authorization' && isRecord(value);
  return secretNames.has(name.toLowerCase()) && value !== null && !isScheme;
}

/** Parameters of a service connection that are not secrets. */
const openParameters = /^(?:tenantid|serviceprincipalid|authenticationtype|scope|workloadidentityfederation.*)$/i;

/** The authorization of a service connection, with only the parameters that are known not to be secret. */
function maskAuthorization(authorization: Readonly<Record<string, unknown>>): unknown {
  const { parameters, ...others } = authorization;
  if (!isRecord(parameters)) return maskMembers(authorization);
  const masked = Object.entries(parameters).map(([name, value]) => [
    name,
    value === null || openParameters.test(name) ? value : mask,
  ]);
  return { ...maskMembers(others), parameters: Object.fromEntries(masked) };
}

/** A workspace connection: an object with credentials, or with an auth type and a `value`. */
function maskMember(name: string, inner: unknown, owner: Readonly<Record<string, unknown>>): unknown {
  if (inner === null) return inner;
  if (name === 'authorization' && isRecord(inner)) return maskAuthorization(inner);
  if (name.toLowerCase() === 'credentials') return isRecord(inner) ? maskCredentials(inner) : mask;
  return name === 'value' && 'authType' in owner ? mask : maskValue(inner);
}

function maskCredentials(credentials: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, inner]) => {
      // The user chooses the names in a map of keys.
      if (isRecord(inner)) return [name, Object.fromEntries(Object.keys(inner).map((key) => [key, mask]))];
      return [name, identifierNames.has(name.toLowerCase()) || inner === null ? inner : mask];
    }),
  );
}
