import { namesOf } from '../../base/names.ts';
import { requestBadRequest } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
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

const required = namesOf(`
  accountEnabled alternativeSecurityIds deviceId displayName operatingSystem operatingSystemVersion`);

/** Source: "Create device", "Update device", "Delete device". */
export const deviceRoutes: GraphRoutes = {
  'POST /devices': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('device', body);
    requireProperties(body, required, 'Device');
    if (isTaken('device', 'deviceId', body['deviceId'], context)) throw conflictingValue('deviceId');
    const device = newDevice({ ...body, id: context.newId(), registrationDateTime: nowText(context) });
    context.store.insert('device', device);
    return created('device', device, parsed, request);
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
