import { namesOf } from '../../base/names.ts';

/** Types of complex properties, where a type is not named like its property. Source: Microsoft Graph metadata (v1.0). */
const named: Readonly<Record<string, string>> = Object.fromEntries(
  namesOf(`
    addIns:addIn additionalDetails:keyValue addresses:physicalOfficeAddress
    alternativeSecurityIds:alternativeSecurityId api:apiApplication appRoles:appRole
    appliedConditionalAccessPolicies:appliedConditionalAccessPolicy assignedLabels:assignedLabel
    assignedLicenses:assignedLicense assignedPlans:assignedPlan bccRecipients:recipient body:itemBody
    ccRecipients:recipient createdBy:identitySet customSecurityAttributes:customSecurityAttributeValue
    flag:followupFlag from:recipient identities:objectIdentity info:informationalUrl initiatedBy:auditActivityInitiator
    internetMessageHeaders:internetMessageHeader keyCredentials:keyCredential lastModifiedBy:identitySet
    licenseAssignmentStates:licenseAssignmentState location:signInLocation
    oauth2PermissionScopes:permissionScope onPremisesProvisioningErrors:onPremisesProvisioningError owner:identitySet
    parentReference:itemReference passwordCredentials:passwordCredential phones:phone
    prepaidUnits:licenseUnitsDetail print:userPrint provisionedPlans:provisionedPlan
    publicClient:publicClientApplication publication:publicationFacet replyTo:recipient
    requiredResourceAccess:requiredResourceAccess resourceSpecificApplicationPermissions:resourceSpecificPermission
    rolePermissions:unifiedRolePermission sender:recipient servicePlans:servicePlanInfo
    serviceProvisioningErrors:serviceProvisioningError sharePointIds:sharepointIds spa:spaApplication
    state:domainState status:signInStatus system:systemFacet targetResources:targetResource toRecipients:recipient
    uniqueBody:itemBody verifiedDomains:verifiedDomain web:webApplication`).map((pair) => {
    const [property = '', type = ''] = pair.split(':');
    return [property, type] as const;
  }),
);

/** Name of the complex type of a property. */
export function complexTypeOf(property: string): string {
  return named[property] ?? property;
}
