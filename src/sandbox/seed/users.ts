import type { Entity } from '../base/entity-store.ts';
import { guidBytes } from './guid.ts';
import { assignedPlansFor, licenceProducts, type SkuPartNumber } from './licence-products.ts';
import { lastSyncOf, type SeedCollection, type SeedRelation, type SeedScope } from './seed.ts';
import type { SeedIds } from './seed-ids.ts';
import { tenant } from './tenant.ts';
import { timestamp } from './timestamp.ts';
import { kindOf, type UserTraits, userIndexOfName, userNames, userTraits } from './user-traits.ts';

const dayMs = 86_400_000;
const firstDay = Date.UTC(2018, 0, 8, 9);
/** Days on which users joined. Shared, because formatting dates is slow. */
const hireDays = Array.from({ length: 2400 }, (_, day) => timestamp(firstDay + day * dayMs));

/** The tenant's users, created one at a time. One group assigns the E3 licence. */
export function userCollection({ users, seed, ids, now }: SeedScope, licenceGroupId: string): SeedCollection {
  const lastSync = lastSyncOf({ now });
  const licences = licenceFields(licenceGroupId);
  const at = (index: number): Entity => {
    const traits = userTraits(index, seed);
    return {
      ...identityOf(index, traits, ids),
      ...workplaceOf(traits),
      ...onPremisesOf(traits, { ids, lastSync }),
      ...licences(traits),
    };
  };
  return {
    size: users,
    at,
    positionOf: (id) => ids.indexOf('user', id, users),
    positionOfKey(property, value) {
      if (!['userPrincipalName', 'mail', 'mailNickname'].includes(property)) return undefined;
      const index = userIndexOfName(value);
      if (index === undefined || index >= users) return undefined;
      const found = at(index)[property];
      return typeof found === 'string' && found.toLowerCase() === value.toLowerCase() ? index : undefined;
    },
  };
}

function identityOf(index: number, { kind, enabled }: UserTraits, ids: SeedIds) {
  const names = userNames(index);
  const displayName = `${names.givenName} ${names.surname}`;
  const guest = kind === 'guest';
  const createdAt = hireDays[index % hireDays.length];
  return {
    id: ids.idOf('user', index),
    deletedDateTime: null,
    accountEnabled: enabled,
    displayName: guest ? `${displayName} (${names.company})` : displayName,
    givenName: names.givenName,
    surname: names.surname,
    userPrincipalName: names.userPrincipalName,
    mail: names.mail,
    mailNickname: names.mailNickname,
    otherMails: guest && names.mail ? [names.mail] : [],
    proxyAddresses: names.mail ? [`SMTP:${names.mail}`] : [],
    imAddresses: guest || !names.mail ? [] : [names.mail],
    identities: [
      { signInType: 'userPrincipalName', issuer: tenant.initialDomain, issuerAssignedId: names.userPrincipalName },
    ],
    userType: guest ? 'Guest' : 'Member',
    creationType: guest ? 'Invitation' : null,
    externalUserState: guest ? (index % 40 === 7 ? 'PendingAcceptance' : 'Accepted') : null,
    externalUserStateChangeDateTime: guest ? createdAt : null,
    companyName: names.company,
    createdDateTime: createdAt,
    signInSessionsValidFromDateTime: createdAt,
    lastPasswordChangeDateTime: createdAt,
    employeeId: guest ? null : String(100_000 + index),
    passwordPolicies: kind === 'emergency' ? 'DisablePasswordExpiration' : null,
    ageGroup: null,
    consentProvidedForMinor: null,
    legalAgeGroupClassification: null,
    isResourceAccount: null,
    showInAddressList: null,
    preferredDataLocation: null,
    securityIdentifier: `S-1-12-1-${2_000_000_000 + index}-1196${index % 997}-2718281828-${31_415 + index}`,
  };
}

function workplaceOf({ index, kind, office, department, jobTitle, usageLocation }: UserTraits) {
  const employee = kind === 'employee';
  return {
    businessPhones: employee ? [`${office.phonePrefix} ${String(1000 + (index % 9000))}`] : [],
    mobilePhone:
      employee && index % 3 === 0 ? `${office.phonePrefix.split(' ')[0]} 170 ${5_550_000 + (index % 10_000)}` : null,
    faxNumber: null,
    jobTitle: employee ? jobTitle : null,
    department: employee ? department : null,
    officeLocation: employee ? office.name : null,
    streetAddress: employee ? office.street : null,
    city: employee ? office.city : null,
    state: employee ? office.state : null,
    postalCode: employee ? office.postalCode : null,
    country: employee ? office.country : null,
    usageLocation,
    preferredLanguage: employee ? office.language : null,
    employeeType: employee ? (index % 9 === 4 ? 'Contractor' : 'Employee') : null,
    employeeHireDate: employee ? hireDays[index % hireDays.length] : null,
    employeeLeaveDateTime: null,
    employeeOrgData: employee
      ? { costCenter: `CC-${100 + (index % 12)}`, division: index % 2 === 0 ? 'Europe' : 'Global' }
      : null,
  };
}

function onPremisesOf(
  { index, synced }: UserTraits,
  { ids, lastSync }: { readonly ids: SeedIds; readonly lastSync: string },
) {
  if (!synced) return cloudOnly;
  const { mailNickname } = userNames(index);
  return {
    onPremisesSyncEnabled: true,
    onPremisesImmutableId: guidBytes(ids.idOf('immutableId', index)).toString('base64'),
    onPremisesSamAccountName: mailNickname.slice(0, 20),
    onPremisesDomainName: 'corp.contoso.example',
    onPremisesUserPrincipalName: `${mailNickname}@corp.contoso.example`,
    onPremisesDistinguishedName: `CN=${mailNickname},OU=People,DC=corp,DC=contoso,DC=example`,
    onPremisesSecurityIdentifier: `S-1-5-21-1004336348-1177238915-682003330-${1100 + index}`,
    onPremisesLastSyncDateTime: lastSync,
    onPremisesProvisioningErrors: [],
    onPremisesExtensionAttributes: extensionAttributes,
  };
}

const extensionAttributes = Object.fromEntries(
  Array.from({ length: 15 }, (_, position) => [`extensionAttribute${position + 1}`, null]),
);

const cloudOnly = {
  onPremisesSyncEnabled: null,
  onPremisesImmutableId: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: null,
  onPremisesUserPrincipalName: null,
  onPremisesDistinguishedName: null,
  onPremisesSecurityIdentifier: null,
  onPremisesLastSyncDateTime: null,
  onPremisesProvisioningErrors: [],
  onPremisesExtensionAttributes: extensionAttributes,
};

/** Licence properties, shared by all users with the same products, because a plan list has fifty entries. */
function licenceFields(licenceGroupId: string) {
  const shared = new Map<string, Readonly<Record<string, unknown>>>();
  return ({ directSkus, inheritsE3 }: UserTraits) => {
    const key = `${directSkus.join()}${inheritsE3}`;
    const known = shared.get(key);
    if (known) return known;
    const skus = [...directSkus, ...(inheritsE3 ? (['SPE_E3'] as const) : [])];
    const assignedLicenses = skus.map((sku) => ({ disabledPlans: [], skuId: licenceProducts[sku].skuId }));
    const fields = {
      assignedLicenses,
      assignedPlans: assignedPlansFor(assignedLicenses, tenant.createdAt),
      provisionedPlans: skus.length === 0 ? [] : provisionedPlans,
      licenseAssignmentStates: [
        ...directSkus.map((sku) => assignmentState(sku, null)),
        ...(inheritsE3 ? [assignmentState('SPE_E3', licenceGroupId)] : []),
      ],
      isLicenseReconciliationNeeded: false,
    };
    shared.set(key, fields);
    return fields;
  };
}

const provisionedPlans = ['exchange', 'SharePoint', 'MicrosoftCommunicationsOnline'].map((service) => ({
  capabilityStatus: 'Enabled',
  provisioningStatus: 'Success',
  service,
}));

function assignmentState(sku: SkuPartNumber, assignedByGroup: string | null) {
  return {
    skuId: licenceProducts[sku].skuId,
    disabledPlans: [],
    assignedByGroup,
    state: 'Active',
    error: 'None',
    lastUpdatedDateTime: tenant.createdAt,
  };
}

const reportsPerManager = 8;

/** The reporting line: a tree with the chief executive at the top and up to eight direct reports for each manager. */
export function managerRelation({ users, ids }: SeedScope): SeedRelation {
  // Guests and the emergency account are outside the tree; their places are skipped.
  const isOutside = (index: number) => kindOf(index) !== 'employee';
  const childrenOf = (index: number): number[] => {
    const first = index * reportsPerManager + 1;
    const places = Array.from({ length: reportsPerManager }, (_, place) => first + place).filter((one) => one < users);
    return places.flatMap((place) => (isOutside(place) ? childrenOf(place) : [place]));
  };
  return {
    links(id) {
      let index = ids.indexOf('user', id, users);
      if (index === undefined || index === 0 || isOutside(index)) return [];
      do index = Math.floor((index - 1) / reportsPerManager);
      while (isOutside(index));
      return [ids.idOf('user', index)];
    },
    backlinks(id) {
      const index = ids.indexOf('user', id, users);
      if (index === undefined || isOutside(index)) return [];
      return childrenOf(index).map((child) => ids.idOf('user', child));
    },
  };
}
