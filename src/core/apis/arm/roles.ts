/** A built-in role that contains an action; the narrowest that people really give. */
const rolesByAction: readonly (readonly [action: RegExp, role: string])[] = [
  [/^microsoft\.authorization\/roleassignments\/(?:write|delete)$/, 'Role Based Access Control Administrator'],
  [/^microsoft\.authorization\/locks\/(?:write|delete)$/, 'User Access Administrator'],
  [/^microsoft\.authorization\/.*\/(?:write|delete)$/, 'Owner'],
  [/^microsoft\.authorization\/elevateaccess\/action$/, 'Global Administrator (Entra role, with elevated access)'],
  [/^microsoft\.management\/managementgroups\/.*(?:write|delete)$/, 'Management Group Contributor'],
  [/^microsoft\.management\/.*\/read$/, 'Management Group Reader'],
  [/^microsoft\.storage\/.*\/(?:listkeys|regeneratekey)\/action$/, 'Storage Account Contributor'],
  [/^microsoft\.documentdb\/.*\/(?:listkeys|readonlykeys)\/action$/, 'DocumentDB Account Contributor'],
  [/^microsoft\.search\//, 'Search Service Contributor'],
  [/^microsoft\.costmanagement\//, 'Cost Management Reader'],
  [/\/read$/, 'Reader'],
  [/./, 'Contributor'],
];

/** Name of a built-in role that has the action. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export function roleFor(action: string): string {
  const lower = action.toLowerCase();
  return rolesByAction.find(([pattern]) => pattern.test(lower))?.[1] ?? 'Contributor';
}
