import { isReplicated } from '../../replication-lag.ts';
import { requestBadRequest } from '../graph-error.ts';
import type { GraphHandler } from '../parsed-path.ts';
import { canRead } from '../permissions.ts';
import { parseSelect } from '../query/select.ts';
import { createProjector } from '../reads/projection.ts';
import { relatedIds } from '../reads/relationships.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import type { GraphRoutes } from './write-handler.ts';
import { readBody } from './write-input.ts';

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const maximumIds = 1000;
const maximumChecks = 20;

/** POSTs that read. Source: "directoryObject: getByIds", "directoryObject: getMemberGroups", "checkMemberGroups". */
export function directoryObjectRoutes(): GraphRoutes {
  const routes: Record<string, GraphHandler> = {
    'POST /directoryObjects/getByIds': getByIds,
    'DELETE /directoryObjects/{id}': deleteAddressed,
  };
  for (const set of [
    'users',
    'groups',
    'devices',
    'servicePrincipals',
    'directoryObjects',
    'applications',
    'contacts',
  ]) {
    for (const kind of ['Groups', 'Objects'] as const) {
      routes[`POST /${set}/{id}/getMember${kind}`] = getMembers(kind);
      routes[`POST /${set}/{id}/checkMember${kind}`] = checkMembers(kind);
    }
  }
  return routes;
}

/** Ids that nothing has are left out. */
const getByIds: GraphHandler = async (parsed, request, context) => {
  const { ids, types } = readBody(request);
  if (!Array.isArray(ids) || ids.length === 0) throw requestBadRequest(`A value is required for parameter 'ids'.`);
  if (ids.length > maximumIds) throw requestBadRequest(`The number of ids cannot exceed ${maximumIds}.`);
  const invalid = ids.find((id) => !guid.test(String(id)));
  if (invalid !== undefined) throw requestBadRequest(`Invalid object identifier '${String(invalid)}'.`);
  const wanted = Array.isArray(types) ? types.map((type) => String(type).toLowerCase()) : ['directoryobject'];
  const select = parseSelect(parsed.query.get('$select'), { type: 'directoryObject', isCollection: true });
  const project = createProjector({ select, withType: true });
  const value = [...new Set(ids.map((id) => String(id).toLowerCase()))].flatMap((id) => {
    const type = context.store.typeOf(id);
    const entity = type && context.store.get(type, id);
    if (!type || !entity || !isReplicated(entity, context)) return [];
    if (!wanted.includes('directoryobject') && !wanted.includes(type.toLowerCase())) return [];
    return [
      canRead(type, context.caller.roles)
        ? project({ type, entity })
        : { '@odata.type': `#microsoft.graph.${type}`, id },
    ];
  });
  return {
    status: 200,
    body: { '@odata.context': `${request.base}/${parsed.version}/$metadata#directoryObjects`, value },
  };
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
    return {
      status: 200,
      body: { '@odata.context': `${request.base}/${parsed.version}/$metadata#Collection(Edm.String)`, value },
    };
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
    return {
      status: 200,
      body: { '@odata.context': `${request.base}/${parsed.version}/$metadata#Collection(Edm.String)`, value },
    };
  };
}

/** Groups at any depth; with `Objects` also roles and administrative units. */
function membershipsOf(
  parsed: Parameters<GraphHandler>[0],
  { store }: Parameters<GraphHandler>[2],
  kind: 'Groups' | 'Objects',
): readonly string[] {
  const owner = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, store);
  const ids = relatedIds(owner, 'transitiveMemberOf', store) ?? [];
  return kind === 'Objects' ? ids : ids.filter((id) => store.typeOf(id) === 'group');
}
