import { requestBadRequest } from '../graph-error.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import { newDevice } from './new-objects.ts';
import type { GraphRoutes } from './write-handler.ts';
import {
  checkProperties,
  conflictingValue,
  created,
  noContent,
  nowText,
  readBody,
  requireProperties,
} from './write-input.ts';

/** Source: "Create device", "Update device", "Delete device". */
export const deviceRoutes: GraphRoutes = {
  'POST /devices': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('device', body);
    const required = [
      'accountEnabled',
      'alternativeSecurityIds',
      'deviceId',
      'displayName',
      'operatingSystem',
      'operatingSystemVersion',
    ];
    requireProperties(body, required, 'Device');
    if (context.store.findByKey('device', 'deviceId', String(body['deviceId']))) throw conflictingValue('deviceId');
    const device = newDevice({ ...body, id: context.newId(), registrationDateTime: nowText(context) });
    context.store.insert('device', device);
    return created('device', device, parsed, request);
  },
  'PATCH /devices/{id}': async (parsed, request, context) => {
    const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
    const body = readBody(request);
    checkProperties('device', body);
    if ('deviceId' in body) throw requestBadRequest(`Property 'deviceId' is read-only and cannot be set.`);
    context.store.update('device', entity.id, body);
    return noContent;
  },
  'DELETE /devices/{id}': deleteAddressed,
};
