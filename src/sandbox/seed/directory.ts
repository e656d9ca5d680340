import type { Entity } from '../base/entity-store.ts';
import { groupIndex } from './groups.ts';
import { licenceProducts, type SkuPartNumber, serviceOf } from './licence-products.ts';
import { lastSyncOf, type SeedScope } from './seed.ts';
import type { SeedIds } from './seed-ids.ts';
import { servicePlanIds } from './service-plan-ids.ts';
import { tenant } from './tenant.ts';
import { emergencyIndex, userTraits } from './user-traits.ts';

/** Source: Microsoft Entra built-in roles (template ids). */
const roleDefinitions = [
  { name: 'Global Administrator', template: '62e90394-69f5-4237-9190-012177145e10', users: [emergencyIndex, 2, 3] },
  { name: 'User Administrator', template: 'fe930be7-5e62-47db-91af-98c3a49a38b1', users: [5, 6] },
  { name: 'License Administrator', template: '4d6ac14f-3453-41d0-bef9-a3e0c569773a', users: [6] },
  {
    name: 'Helpdesk Administrator',
    template: '729827e3-9c14-49f7-bb1b-9608f156bbb8',
    users: [],
    group: 'Role - Helpdesk Administrators',
  },
  { name: 'Application Administrator', template: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3', users: [8] },
  { name: 'Global Reader', template: 'f2ef992c-3afb-46b9-b7cf-a126ee74c451', users: [9, 10] },
  { name: 'Directory Readers', template: '88d8e3e3-8f55-4a1e-953a-9b9898b8876b', users: [] },
  { name: 'Privileged Role Administrator', template: 'e8611ab8-c189-46e8-94e1-60213ab1f814', users: [2] },
] as const;

export function directoryRoles(ids: SeedIds): Entity[] {
  return roleDefinitions.map(({ name, template }, index) => ({
    id: ids.idOf('directoryRole', index),
    deletedDateTime: null,
    displayName: name,
    description: `Members hold the rights of the built-in role ${name}.`,
    roleTemplateId: template,
  }));
}

export function roleMemberPairs({ users, ids }: SeedScope): (readonly [string, string])[] {
  return roleDefinitions.flatMap((role, index) => {
    const roleId = ids.idOf('directoryRole', index);
    const members = role.users.filter((user) => user < users).map((user) => ids.idOf('user', user));
    if ('group' in role) members.push(ids.idOf('group', groupIndex(role.group)));
    return members.map((member) => [roleId, member] as const);
  });
}

export function organizationEntity(scope: SeedScope): Entity {
  return {
    id: tenant.id,
    deletedDateTime: null,
    displayName: tenant.displayName,
    businessPhones: ['+49 89 5550 1000'],
    city: 'Munich',
    country: 'Germany',
    countryLetterCode: tenant.countryCode,
    createdDateTime: tenant.createdAt,
    defaultUsageLocation: tenant.countryCode,
    marketingNotificationEmails: [],
    onPremisesLastSyncDateTime: lastSyncOf(scope),
    onPremisesSyncEnabled: true,
    postalCode: '80802',
    preferredLanguage: 'en',
    privacyProfile: { contactEmail: null, statementUrl: 'https://contoso.example/privacy' },
    securityComplianceNotificationMails: [],
    securityComplianceNotificationPhones: [],
    state: 'Bavaria',
    street: 'Leopoldstr. 12',
    technicalNotificationMails: [`it@${tenant.domain}`],
    tenantType: 'AAD',
    assignedPlans: ['exchange', 'SharePoint', 'AADPremiumService', 'SCO'].map((service) => ({
      assignedDateTime: tenant.createdAt,
      capabilityStatus: 'Enabled',
      service,
      servicePlanId: servicePlanIds[organizationPlan[service] ?? ''] ?? null,
    })),
    provisionedPlans: [],
    verifiedDomains: [tenant.domain, tenant.initialDomain].map((name) => ({
      capabilities: 'Email, OfficeCommunicationsOnline',
      isDefault: name === tenant.domain,
      isInitial: name === tenant.initialDomain,
      name,
      type: 'Managed',
    })),
  };
}

const organizationPlan: Readonly<Record<string, string>> = {
  exchange: 'EXCHANGE_S_ENTERPRISE',
  SharePoint: 'SHAREPOINTENTERPRISE',
  AADPremiumService: 'AAD_PREMIUM',
  SCO: 'INTUNE_A',
};

export function domainEntities(): Entity[] {
  const unverified = 'shop.contoso.example';
  return [tenant.domain, tenant.initialDomain, unverified].map((id) => ({
    id,
    authenticationType: 'Managed',
    availabilityStatus: null,
    isAdminManaged: true,
    isRoot: id !== unverified,
    passwordNotificationWindowInDays: null,
    passwordValidityPeriodInDays: 2_147_483_647,
    state: null,
    isDefault: id === tenant.domain,
    isInitial: id === tenant.initialDomain,
    isVerified: id !== unverified,
    supportedServices: id === unverified ? [] : ['Email', 'OfficeCommunicationsOnline'],
  }));
}

export function administrativeUnits(ids: SeedIds): Entity[] {
  return ['Germany', 'Americas'].map((displayName, index) => ({
    id: ids.idOf('administrativeUnit', index),
    deletedDateTime: null,
    displayName,
    description: `People and devices in ${displayName}`,
    isMemberManagementRestricted: false,
    membershipRule: null,
    membershipRuleProcessingState: null,
    membershipType: null,
    visibility: null,
  }));
}

export function orgContacts(ids: SeedIds): Entity[] {
  return ['Travel Desk', 'Facility Services', 'Bank Relations'].map((displayName, index) => {
    const mail = `${displayName.toLowerCase().replaceAll(' ', '.')}@partners.example`;
    return {
      id: ids.idOf('orgContact', index),
      deletedDateTime: null,
      addresses: [],
      companyName: 'Adatum',
      department: null,
      displayName,
      givenName: null,
      jobTitle: null,
      mail,
      mailNickname: mail.split('@')[0],
      onPremisesLastSyncDateTime: null,
      onPremisesProvisioningErrors: [],
      onPremisesSyncEnabled: null,
      phones: [],
      proxyAddresses: [`SMTP:${mail}`],
      serviceProvisioningErrors: [],
      surname: null,
    };
  });
}

/** Purchased units in addition to those in use. */
const spareUnits: Readonly<Record<SkuPartNumber, number>> = {
  SPE_E3: 25,
  SPE_E5: 5,
  EMS: 20,
  POWER_BI_PRO: 10,
  STANDARDPACK: 15,
  VISIOCLIENT: 0,
  PROJECTPROFESSIONAL: 10,
  FLOW_FREE: 10_000,
};

/** The tenant's subscriptions. Created on first use, because it counts the licences of all users. */
export function subscribedSkus({ users, seed, ids }: SeedScope): Entity[] {
  const consumed = new Map<SkuPartNumber, number>();
  const consume = (sku: SkuPartNumber) => consumed.set(sku, (consumed.get(sku) ?? 0) + 1);
  for (let index = 0; index < users; index++) {
    const { directSkus, inheritsE3 } = userTraits(index, seed);
    for (const sku of directSkus) consume(sku);
    if (inheritsE3) consume('SPE_E3');
  }
  return Object.values(licenceProducts).map(({ skuPartNumber, skuId, plans }, index) => {
    const suspended = skuPartNumber === 'PROJECTPROFESSIONAL';
    const consumedUnits = consumed.get(skuPartNumber) ?? 0;
    const units = consumedUnits + spareUnits[skuPartNumber];
    return {
      id: `${tenant.id}_${skuId}`,
      accountId: tenant.id,
      accountName: 'contoso',
      appliesTo: 'User',
      capabilityStatus: suspended ? 'Suspended' : 'Enabled',
      consumedUnits,
      prepaidUnits: { enabled: suspended ? 0 : units, suspended: suspended ? units : 0, warning: 0, lockedOut: 0 },
      servicePlans: plans.map((name) => ({
        servicePlanId: servicePlanIds[name],
        servicePlanName: name,
        provisioningStatus: serviceOf(name) === 'SCO' ? 'PendingActivation' : 'Success',
        appliesTo: name.startsWith('EXCHANGE_S_FOUNDATION') || name.startsWith('RMS_S_ENTERPRISE') ? 'Company' : 'User',
      })),
      skuId,
      skuPartNumber,
      subscriptionIds: [ids.idOf('subscription', index)],
    };
  });
}
