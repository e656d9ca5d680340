import { type AzureRole, azureRoles, dataRoles } from './built-in-roles.ts';

/** A role for people to assign, where its id is not known here. */
type NamedRole = Pick<AzureRole, 'name'> & Partial<AzureRole>;

const named = (name: string): NamedRole => ({ name });

/** A built-in role that contains an action: the narrowest that is commonly assigned. */
const rolesByAction: readonly (readonly [action: RegExp, role: NamedRole])[] = [
  [/^microsoft\.authorization\/roleassignments\/(?:write|delete)$/, azureRoles.rbacAdministrator],
  [/^microsoft\.authorization\/locks\/(?:write|delete)$/, azureRoles.accessAdministrator],
  [/^microsoft\.authorization\/.*\/(?:write|delete)$/, azureRoles.owner],
  [
    /^microsoft\.authorization\/elevateaccess\/action$/,
    named('Global Administrator (Entra role, with elevated access)'),
  ],
  [/^microsoft\.management\/managementgroups\/.*(?:write|delete)$/, named('Management Group Contributor')],
  [/^microsoft\.management\/.*\/read$/, named('Management Group Reader')],
  [/^microsoft\.storage\/.*\/(?:listkeys|regeneratekey)\/action$/, azureRoles.storageAccountContributor],
  [/^microsoft\.documentdb\/.*\/(?:listkeys|readonlykeys)\/action$/, azureRoles.documentDbContributor],
  [/^microsoft\.search\//, dataRoles.searchService],
  [/^microsoft\.costmanagement\//, named('Cost Management Reader')],
  [/\/read$/, azureRoles.reader],
  [/./, azureRoles.contributor],
];

/** A built-in role that has the action. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export function roleFor(action: string): NamedRole {
  const lower = action.toLowerCase();
  return rolesByAction.find(([pattern]) => pattern.test(lower))?.[1] ?? azureRoles.contributor;
}
