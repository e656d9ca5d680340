import type { Entity } from '../../entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../service.ts';
import { badRequest, GraphError, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { kindOf } from '../model/properties.ts';
import type { GraphCallContext, ParsedGraphPath } from '../parsed-path.ts';
import { contextOf } from '../reads/odata-context.ts';
import { createProjector } from '../reads/projection.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object of a write. Actions without parameters may come without a body. */
export function readBody(request: SandboxRequest, isOptional = false): JsonObject {
  if (request.body.length === 0 && isOptional) return {};
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new GraphError(415, 'BadRequest', 'A Content-Type header with the value application/json is required.');
  }
  const unreadable =
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.';
  try {
    const body: unknown = JSON.parse(Buffer.from(request.body).toString('utf8'));
    if (isObject(body)) return body;
  } catch {
    throw badRequest(unreadable);
  }
  throw badRequest(unreadable);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Properties that only the service sets. */
const readOnlyProperties = [
  'assignedLicenses',
  'assignedPlans',
  'createdByAppId',
  'createdDateTime',
  'deletedDateTime',
  'hasMembersWithLicenseErrors',
  'id',
  'isLicenseReconciliationNeeded',
  'licenseAssignmentStates',
  'licenseProcessingState',
  'onPremisesLastSyncDateTime',
  'onPremisesSyncEnabled',
  'provisionedPlans',
  'publisherDomain',
  'renewedDateTime',
  'securityIdentifier',
  'signInSessionsValidFromDateTime',
];

/** Refuses properties that do not exist, may not be written or have the wrong type. Annotations are left to the caller. */
export function checkProperties(type: string, body: JsonObject): void {
  for (const [name, value] of Object.entries(body)) {
    if (name.includes('@')) continue;
    const kind = kindOf(type, name);
    if (kind === undefined && !isExtension(name)) throw requestBadRequest(`Invalid property '${name}'.`);
    if (readOnlyProperties.includes(name)) {
      throw requestBadRequest(`Property '${name}' is read-only and cannot be set.`);
    }
    if (value !== null && !fits(kind, value)) {
      throw badRequest(`Cannot convert the value of property '${name}' to the expected type.`);
    }
  }
}

function fits(kind: ReturnType<typeof kindOf>, value: unknown): boolean {
  switch (kind) {
    case 'string':
    case 'guid':
      return typeof value === 'string';
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number';
    case 'strings':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'complexes':
      return Array.isArray(value) && value.every(isObject);
    case 'complex':
      return isObject(value);
    case undefined:
      return true;
  }
}

/** Directory extensions are named after the app that defines them. */
function isExtension(name: string): boolean {
  return /^extension_[0-9a-f]{32}_\w+$/.test(name);
}

export function requireProperties(body: JsonObject, names: readonly string[], resource: string): void {
  for (const name of names) {
    if (body[name] === undefined || body[name] === null || body[name] === '') {
      throw requestBadRequest(`A value is required for property '${name}' of resource '${resource}'.`);
    }
  }
}

/** A value of a property that breaks its rule. */
export function invalidValue(property: string, resource: string, message?: string): GraphError {
  const text = message ?? `Invalid value specified for property '${property}' of resource '${resource}'.`;
  return new GraphError(400, 'Request_BadRequest', text, {
    details: [{ code: 'InvalidValue', target: property, message: text }],
  });
}

/** Two objects must not share the value. */
export function conflictingValue(property: string): GraphError {
  const message = `Another object with the same value for property ${property} already exists.`;
  return new GraphError(400, 'Request_BadRequest', message, {
    details: [{ code: 'ObjectConflict', target: property, message }],
  });
}

export function nowText({ clock }: GraphCallContext): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+/, '');
}

/** The object in the body of a write's answer, with the properties that come by default. */
export function entityBody(type: string, entity: Entity, parsed: ParsedGraphPath, request: SandboxRequest): JsonObject {
  const single = { ...parsed, isCollection: false, suffix: undefined };
  return {
    '@odata.context': contextOf(single, request, undefined, type),
    ...createProjector({ select: undefined, withType: false })({ type, entity }),
  };
}

export function created(
  type: string,
  entity: Entity,
  parsed: ParsedGraphPath,
  request: SandboxRequest,
): SandboxResponse {
  const location = `${request.base}/${parsed.version}/directoryObjects/${entity.id}/Microsoft.DirectoryServices.${type[0]?.toUpperCase()}${type.slice(1)}`;
  return { status: 201, headers: { location }, body: entityBody(type, entity, parsed, request) };
}

export const noContent: SandboxResponse = { status: 204 };

/** Id of a directory object that a reference names. Only addresses of the caller's own cloud are understood. */
export function readReference(address: unknown, request: SandboxRequest, { store }: GraphCallContext): string {
  const text = typeof address === 'string' ? address : '';
  const path = text.startsWith(`${request.base}/`) ? text.slice(request.base.length) : '';
  const match = /^\/(?:v1\.0|beta)\/(\w+)(?:\/|\(')([^/')]+)(?:'\))?$/.exec(path);
  const [, set = '', rawKey = ''] = match ?? [];
  if (
    !['directoryobjects', 'users', 'groups', 'devices', 'serviceprincipals', 'contacts', 'applications'].includes(
      set.toLowerCase(),
    )
  ) {
    throw requestBadRequest(`Unsupported resource URL in '@odata.id': '${text}'.`);
  }
  const key = decodeURIComponent(rawKey);
  const id =
    set.toLowerCase() === 'users'
      ? (store.get('user', key) ?? store.findByKey('user', 'userPrincipalName', key))?.id
      : key.toLowerCase();
  if (id === undefined || !store.typeOf(id)) throw resourceNotFound(key);
  return id;
}
