import type { SubscribedSku } from '../../../src/core/licensing/licenses.ts';

// Real ids, so that the built-in names apply.

export const plans = {
  exchange: { servicePlanId: 'efb87545-963c-4e0d-99df-69c6916d9eb0', servicePlanName: 'EXCHANGE_S_ENTERPRISE' },
  sway: { servicePlanId: 'a23b959c-7ce8-4e57-9140-b90eb88a9e97', servicePlanName: 'SWAY' },
  teams: { servicePlanId: '57ff2da0-773e-42df-b2af-ffb7a2317929', servicePlanName: 'TEAMS1' },
};

export const e5: SubscribedSku = {
  skuId: '06ebc4ee-1bb5-47dd-8120-11324bc54e06',
  skuPartNumber: 'SPE_E5',
  appliesTo: 'User',
  capabilityStatus: 'Enabled',
  consumedUnits: 9,
  prepaidUnits: { enabled: 10, warning: 0 },
  servicePlans: [plans.exchange, plans.sway, plans.teams],
};

export const e3: SubscribedSku = {
  ...e5,
  skuId: '05e9a617-0261-4cee-bb44-138d3ef5d965',
  skuPartNumber: 'SPE_E3',
  consumedUnits: 10,
};

export const visio: SubscribedSku = {
  ...e5,
  skuId: 'c5928f49-12ba-48f7-ada3-0d743a3601d5',
  skuPartNumber: 'VISIOCLIENT',
  servicePlans: [],
};

/** Microsoft's table has a second product with the title "Visio Plan 2". */
export const otherVisio: SubscribedSku = {
  ...visio,
  skuId: '38b434d2-a15e-4cde-9a98-e737c75623e1',
  skuPartNumber: 'VISIO_PLAN2_DEPT',
};
