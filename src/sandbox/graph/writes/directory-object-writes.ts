import { isGuid } from '../../../core/base/guid.ts';
import { isReplicated } from '../../base/entity-store.ts';
import { namesOf } from '../../base/names.ts';
import { requestBadRequest } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { canRead } from '../permissions.ts';
import { parseSelect } from '../query/select.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { createProjector } from '../reads/projection.ts';
import { relatedIds } from '../reads/relationships.ts';
import { findObject, invalidId, resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import { newDevice } from './new-objects.ts';
import {
  checkProperties,
  conflictingValue,
  created,
  isTaken,
  noContent,
  nowText,
  requireProperties,
} from './write-input.ts';
import type { GraphRoutes } from './write-routes.ts';

const maximumIds = 1000;
const maximumChecks = 20;
const idList = 'Collection(Edm.String)';

/** POSTs that read. Source: "directoryObject: getByIds", "directoryObject: getMemberGroups", "checkMemberGroups". */
export function directoryObjectRoutes(): GraphRoutes {
  const routes: Record<string, GraphHandler> = {
    'POST /directoryObjects/getByIds': getByIds,
    'DELETE /directoryObjects/{id}': deleteAddressed,
  };
  const sets = ['users', 'groups', 'devices', 'servicePrincipals', 'directoryObjects', 'applications', 'contacts'];
  for (const set of sets) {
    for (const kind of ['Groups', 'Objects'] as const) {
      routes[`POST /${set}/{id}/getMember${kind}`] = getMembers(kind);
      routes[`POST /${set}/{id}/checkMember${kind}`] = checkMembers(kind);
    }
  }
  return routes;
}

/** Omits unknown ids. */
const getByIds: GraphHandler = async (parsed, request, context) => {
  const { ids, types } = readBody(request);
  if (!Array.isArray(ids) || ids.length === 0) throw requestBadRequest(`A value is required for parameter 'ids'.`);
  if (ids.length > maximumIds) throw requestBadRequest(`The number of ids cannot exceed ${maximumIds}.`);
  const invalid = ids.map(String).find((id) => !isGuid(id));
  if (invalid !== undefined) throw invalidId(invalid);
  const wanted = Array.isArray(types) ? types.map((type) => String(type).toLowerCase()) : ['directoryobject'];
  const select = parseSelect(parsed.query.get('$select'), { type: 'directoryObject', isCollection: true });
  const project = createProjector({ select, withType: true });
  const value = [...new Set(ids.map((id) => String(id).toLowerCase()))].flatMap((id) => {
    const found = findObject(id, context.store);
    if (!found || !isReplicated(found.entity, context)) return [];
    const { type } = found;
    if (!wanted.includes('directoryobject') && !wanted.includes(type.toLowerCase())) return [];
    return [canRead(type, context) ? project(found) : { '@odata.type': `#microsoft.graph.${type}`, id }];
  });
  return { status: 200, body: { '@odata.context': metadataAddress('directoryObjects', parsed, request), value } };
};

function getMembers(kind: 'Groups' | 'Objects'): GraphHandler {
  return async (parsed, request, context) => {
    const { securityEnabledOnly } = readBody(request);
    if (typeof securityEnabledOnly !== 'boolean') {
      throw requestBadRequest(`A value is required for parameter 'securityEnabledOnly'.`);
    }
    const memberships = membershipsOf(parsed, context, kind);
    const value = memberships.filter(
      (id) => !securityEnabledOnly || context.store.get('group', id)?.['securityEnabled'] !== false,
    );
    return { status: 200, body: { '@odata.context': metadataAddress(idList, parsed, request), value } };
  };
}

function checkMembers(kind: 'Groups' | 'Objects'): GraphHandler {
  const parameter = kind === 'Groups' ? 'groupIds' : 'ids';
  return async (parsed, request, context) => {
    const ids = readBody(request)[parameter];
    if (!Array.isArray(ids)) throw requestBadRequest(`A value is required for parameter '${parameter}'.`);
    if (ids.length > maximumChecks) {
      throw requestBadRequest(`The number of values in '${parameter}' cannot exceed ${maximumChecks}.`);
    }
    const memberships = membershipsOf(parsed, context, kind);
    const value = ids.map((id) => String(id).toLowerCase()).filter((id) => memberships.includes(id));
    return { status: 200, body: { '@odata.context': metadataAddress(idList, parsed, request), value } };
  };
}

/** Groups at any depth; with `Objects`, also roles and administrative units. */
function membershipsOf(
  parsed: ParsedGraphPath,
  { store }: GraphCallContext,
  kind: 'Groups' | 'Objects',
): readonly string[] {
  const owner = resolveEntity(parsed, store);
  const ids = relatedIds(owner, 'transitiveMemberOf', store) ?? [];
  return kind === 'Objects' ? ids : ids.filter((id) => store.typeOf(id) === 'group');
}

const deviceProperties = namesOf(`
  accountEnabled alternativeSecurityIds deviceId displayName operatingSystem operatingSystemVersion`);

/** Source: "Create device", "Update device", "Delete device". */
export const deviceRoutes: GraphRoutes = {
  'POST /devices': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('device', body);
    requireProperties(body, deviceProperties, 'Device');
    if (isTaken('device', 'deviceId', body['deviceId'], context)) throw conflictingValue('deviceId');
    const device = newDevice({ ...body, id: context.newId(), registrationDateTime: nowText(context) });
    context.store.insert('device', device);
    return created('device', device, { parsed, request, context });
  },
  'PATCH /devices/{id}': async (parsed, request, context) => {
    const { entity } = resolveEntity(parsed, context.store);
    const body = readBody(request);
    checkProperties('device', body);
    if ('deviceId' in body) throw requestBadRequest(`Property 'deviceId' is read-only and cannot be set.`);
    context.store.update('device', entity.id, body);
    return noContent;
  },
  'DELETE /devices/{id}': deleteAddressed,
};
