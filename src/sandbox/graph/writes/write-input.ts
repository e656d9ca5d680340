import { isRecord } from '../../../core/base/guards.ts';
import type { Entity, EntityType } from '../../base/entity-store.ts';
import { namesOf } from '../../base/names.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { timestamp } from '../../seed/timestamp.ts';
import {
  badRequest,
  type GraphError,
  keyInUse,
  refusedProperty,
  requestBadRequest,
  resourceNotFound,
} from '../graph-error.ts';
import type { JsonObject } from '../json-body.ts';
import { kindOf } from '../model/properties.ts';
import type { GraphCallContext, ParsedGraphPath } from '../parsed-path.ts';
import { contextOf } from '../reads/odata-context.ts';
import { createProjector } from '../reads/projection.ts';
import { findUser } from '../reads/resolve-entity.ts';

/** Properties that only the service sets. */
const readOnlyProperties = namesOf(`
  assignedLicenses assignedPlans createdByAppId createdDateTime deletedDateTime hasMembersWithLicenseErrors id
  isLicenseReconciliationNeeded licenseAssignmentStates licenseProcessingState onPremisesLastSyncDateTime
  onPremisesSyncEnabled provisionedPlans publisherDomain renewedDateTime securityIdentifier
  signInSessionsValidFromDateTime`);

/** Refuses properties that do not exist, are read-only, or have the wrong type. The caller checks annotations. */
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
      return Array.isArray(value) && value.every(isRecord);
    case 'complex':
      return isRecord(value);
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

export function checkDisplayName({ displayName }: JsonObject, resource: string): void {
  if (displayName === '' || displayName === null || String(displayName ?? '').length > 256) {
    throw invalidValue('displayName', resource);
  }
}

export function checkMailNickname({ mailNickname }: JsonObject, resource: string): void {
  if (typeof mailNickname === 'string' && (/[@()\\[\]";:<>, ]/.test(mailNickname) || mailNickname.length > 64)) {
    throw invalidValue('mailNickname', resource);
  }
}

/** Whether another object already has the value. */
export function isTaken(type: EntityType, property: string, value: unknown, { store }: GraphCallContext, own?: Entity) {
  const other = typeof value === 'string' ? store.findByKey(type, property, value) : undefined;
  return other !== undefined && other.id !== own?.id;
}

/** 400 for a property value that breaks its rule. */
export function invalidValue(property: string, resource: string, message?: string): GraphError {
  const text = message ?? `Invalid value specified for property '${property}' of resource '${resource}'.`;
  return refusedProperty('InvalidValue', property, text);
}

/** 400 for a value that must be unique. */
export function conflictingValue(property: string): GraphError {
  const message = `Another object with the same value for property ${property} already exists.`;
  return refusedProperty('ObjectConflict', property, message);
}

/** 409 for a service principal name that is already in use. */
export function nameInUse(appId: string): GraphError {
  return keyInUse(
    `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
  );
}

export function nowText({ clock }: GraphCallContext): string {
  return timestamp(clock.now());
}

/** The object with its default properties, as the body of a write response. */
export function entityBody(type: string, entity: Entity, parsed: ParsedGraphPath, request: SandboxRequest): JsonObject {
  const single = { ...parsed, isCollection: false, suffix: undefined };
  return {
    '@odata.context': contextOf(single, request, undefined, type),
    ...createProjector({ select: undefined, withType: false })({ type, entity }),
  };
}

/** The `Location` of a directory object, in the form of the directory behind Graph. Source: "group: assignLicense". */
export function directoryLocation(type: string, { id }: Entity, { request, context }: WriteCall): string {
  const name = `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
  const { tenant } = context;
  return `${request.base}/v2/${tenant.id}/directoryObjects/${id}/Microsoft.DirectoryServices.${name}`;
}

interface WriteCall {
  readonly parsed: ParsedGraphPath;
  readonly request: SandboxRequest;
  readonly context: Pick<GraphCallContext, 'tenant'>;
}

export function created(type: string, entity: Entity, call: WriteCall): SandboxResponse {
  const location = directoryLocation(type, entity, call);
  return { status: 201, headers: { location }, body: entityBody(type, entity, call.parsed, call.request) };
}

export const noContent: SandboxResponse = { status: 204 };

const referenceSets = namesOf('directoryobjects users groups devices serviceprincipals contacts applications');

/** Id of a referenced directory object. Only URLs of the caller's cloud are accepted. */
export function readReference(address: unknown, request: SandboxRequest, { store }: GraphCallContext): string {
  const text = typeof address === 'string' ? address : '';
  const path = text.startsWith(`${request.base}/`) ? text.slice(request.base.length) : '';
  const [, set = '', rawKey = ''] = /^\/(?:v1\.0|beta)\/(\w+)(?:\/|\(')([^/')]+)(?:'\))?$/.exec(path) ?? [];
  if (!referenceSets.includes(set.toLowerCase())) {
    throw requestBadRequest(`Unsupported resource URL in '@odata.id': '${text}'.`);
  }
  const key = decodeURIComponent(rawKey);
  const id = set.toLowerCase() === 'users' ? findUser(key, store)?.id : key.toLowerCase();
  if (id === undefined || !store.typeOf(id)) throw resourceNotFound(key);
  return id;
}
