import type { EntityStore } from '../../../entity-store.ts';
import { requestBadRequest } from '../../graph-error.ts';
import { isObject, type JsonObject } from '../write-input.ts';
import type { Licence } from './assignment-states.ts';
import { planIdsOf } from './plan-rules.ts';

export interface LicenceRequest {
  readonly add: readonly Licence[];
  readonly remove: readonly string[];
}

/** Reads the body of `assignLicense`: both lists have to be there. Source: "user: assignLicense". */
export function readLicenceRequest(body: JsonObject, store: EntityStore): LicenceRequest {
  const { addLicenses, removeLicenses } = body;
  for (const name of ['addLicenses', 'removeLicenses']) {
    if (!Array.isArray(body[name])) {
      throw requestBadRequest(`The parameter '${name}' is required and must be a collection; it may be empty.`);
    }
  }
  const add = Array.isArray(addLicenses) ? addLicenses.map((licence) => readLicence(licence, store)) : [];
  const remove = Array.isArray(removeLicenses) ? removeLicenses.map((skuId) => String(skuId).toLowerCase()) : [];
  const twice = add.find(
    ({ skuId }, index) => remove.includes(skuId) || add.findIndex((one) => one.skuId === skuId) !== index,
  );
  if (twice) throw requestBadRequest(`License ${twice.skuId} is specified more than once in the request.`);
  return { add, remove };
}

function readLicence(value: unknown, store: EntityStore): Licence {
  const { skuId, disabledPlans = [] } = isObject(value) ? value : {};
  if (typeof skuId !== 'string' || !Array.isArray(disabledPlans)) {
    throw requestBadRequest('Each element of addLicenses needs a skuId and a collection disabledPlans.');
  }
  const id = skuId.toLowerCase();
  if (!store.findByKey('subscribedSku', 'skuId', id)) {
    throw requestBadRequest(`License ${skuId} does not correspond to a valid company License.`);
  }
  const plans = planIdsOf(id, store);
  const disabled = disabledPlans.map((plan) => String(plan).toLowerCase());
  const unknown = disabled.find((plan) => !plans.includes(plan));
  if (unknown !== undefined) throw requestBadRequest(`Service plan ${unknown} is not part of license ${skuId}.`);
  return { skuId: id, disabledPlans: disabled };
}
