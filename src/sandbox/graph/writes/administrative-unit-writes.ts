import { requestBadRequest } from '../graph-error.ts';
import type { GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import { addReferences, readBindings } from './references.ts';
import type { GraphRoutes } from './write-handler.ts';
import { checkProperties, created, invalidValue, noContent, readBody, requireProperties } from './write-input.ts';

const maximumReferences = 20;

/** Source: "Create administrativeUnit", "Update administrativeUnit", "Delete administrativeUnit", "Add a member". */
export const administrativeUnitRoutes: GraphRoutes = {
  'POST /directory/administrativeUnits': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('administrativeUnit', body);
    requireProperties(body, ['displayName'], 'AdministrativeUnit');
    checkUnit(body);
    const unit = {
      deletedDateTime: null,
      description: null,
      isMemberManagementRestricted: false,
      membershipRule: null,
      membershipRuleProcessingState: null,
      membershipType: null,
      visibility: null,
      ...body,
      id: context.newId(),
    };
    context.store.insert('administrativeUnit', unit);
    return created('administrativeUnit', unit, parsed, request);
  },
  'PATCH /directory/administrativeUnits/{id}': async (parsed, request, context) => {
    const { entity: owner } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
    const body = readBody(request);
    const { 'members@odata.bind': _members, ...properties } = body;
    checkProperties('administrativeUnit', properties);
    checkUnit(properties);
    if ('isMemberManagementRestricted' in properties) {
      throw requestBadRequest(`Property 'isMemberManagementRestricted' is immutable and cannot be changed.`);
    }
    const targets = readBindings(body, 'members', request, context);
    if (targets.length > maximumReferences) {
      throw requestBadRequest(`At most ${maximumReferences} members can be added in one request.`);
    }
    addReferences({ relation: 'administrativeUnit.members', owner, targets }, context);
    if (Object.keys(properties).length > 0) context.store.update('administrativeUnit', owner.id, properties);
    return noContent;
  },
  'DELETE /directory/administrativeUnits/{id}': deleteAddressed satisfies GraphHandler,
};

function checkUnit(body: Readonly<Record<string, unknown>>): void {
  const { displayName, visibility } = body;
  if (displayName === '' || displayName === null || String(displayName ?? '').length > 256) {
    throw invalidValue('displayName', 'AdministrativeUnit');
  }
  if (visibility !== undefined && visibility !== null && visibility !== 'HiddenMembership') {
    throw invalidValue('visibility', 'AdministrativeUnit');
  }
}
