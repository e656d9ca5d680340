import { type LicenceProduct, licenceProducts } from './licence-products.ts';
import { servicePlanIds } from './service-plan-ids.ts';

const productsBySkuId: ReadonlyMap<string, LicenceProduct> = new Map(
  Object.values(licenceProducts).map((product) => [product.skuId, product]),
);

/** `assignedPlans` of a user or group with these licences: the enabled plans of each, once. */
export function assignedPlansFor(
  licences: readonly { readonly skuId: string; readonly disabledPlans: readonly string[] }[],
  assignedDateTime: string,
) {
  const plans = new Map<string, string>();
  for (const { skuId, disabledPlans } of licences) {
    for (const name of productsBySkuId.get(skuId)?.plans ?? []) {
      const id = servicePlanIds[name];
      if (id && !disabledPlans.includes(id)) plans.set(id, name);
    }
  }
  return [...plans].map(([servicePlanId, name]) => ({
    assignedDateTime,
    capabilityStatus: 'Enabled',
    service: serviceOf(name),
    servicePlanId,
  }));
}

/** The service that a plan belongs to, as `assignedPlans` names it. */
export function serviceOf(planName: string): string {
  const [, service] = servicePatterns.find(([pattern]) => pattern.test(planName)) ?? [];
  return service ?? 'MicrosoftOffice';
}

const servicePatterns: readonly (readonly [RegExp, string])[] = [
  [/^EXCHANGE|^LOCKBOX|^MICROSOFTBOOKINGS|^INFORMATION_BARRIERS/, 'exchange'],
  [/^SHAREPOINT|^ONEDRIVE|^SWAY|^VISIOONLINE/, 'SharePoint'],
  [/^TEAMS|^MESH/, 'TeamspaceAPI'],
  [/^MCO/, 'MicrosoftCommunicationsOnline'],
  [/^AAD_|^MFA_/, 'AADPremiumService'],
  [/^RMS_/, 'RMSOnline'],
  [/^INTUNE/, 'SCO'],
  [/^YAMMER|^VIVAENGAGE/, 'YammerEnterprise'],
  [/^BI_/, 'PowerBI'],
  [/^WINDEFATP|^MDE_/, 'WindowsDefenderATP'],
];
