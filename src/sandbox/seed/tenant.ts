/** Names and ids of an emulated tenant. */
export interface Tenant {
  readonly id: string;
  readonly displayName: string;
  /** Short name, part of every domain, organization and account of the tenant: `contoso`. */
  readonly label: string;
  readonly domain: string;
  /** The initial domain, used by guests and the emergency account. */
  readonly initialDomain: string;
  readonly subscriptionId: string;
  readonly secondSubscriptionId: string;
  readonly countryCode: string;
  readonly createdAt: string;
  /** Beginning of the ids that are the same in every run. */
  readonly idPrefix: string;
}

/** Companies of Microsoft's examples. */
const companies = [
  ...['Contoso', 'Fabrikam', 'Northwind', 'Adatum', 'Tailspin'],
  ...['Wingtip', 'Litware', 'Proseware', 'Woodgrove', 'Lucerne'],
];

/** The tenant with a number, from 1. Its names and ids are the same in every run. */
export function tenantOf(number: number): Tenant {
  const company = companies[number - 1];
  const displayName = company ?? `Contoso ${number}`;
  const label = displayName.toLowerCase().replace(' ', '');
  const idPrefix = `5a11d0c5-7e4a-4c0d-${(0x8b0a + number - 1).toString(16)}-`;
  return {
    id: `${idPrefix}c04705000001`,
    displayName,
    label,
    domain: `${label}.example`,
    initialDomain: `${label}.onmicrosoft.com`,
    subscriptionId: `${idPrefix}5b5c00000001`,
    secondSubscriptionId: `${idPrefix}5b5c00000002`,
    countryCode: 'DE',
    createdAt: '2016-03-14T08:30:00Z',
    idPrefix,
  };
}

/** What an address may call the tenant. */
export function namesOfTenant({ id, domain, initialDomain }: Tenant): readonly string[] {
  return [id, domain, initialDomain];
}

/**
 * Contoso, for which the seed is written: other tenants get a translation of it. Code that answers requests takes the
 * tenant from its context instead.
 */
export const tenant: Tenant = tenantOf(1);
