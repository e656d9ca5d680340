import { member, textOf } from '../../base/guards.ts';
import { type Address, type PolicyRequest, unknownRest } from '../addresses/address.ts';
import { authority, careful, type Risk } from './risk.ts';

// What widens authority in Azure when it is written, and what takes much with it.
// https://learn.microsoft.com/azure/role-based-access-control/permissions/management-and-governance

const role = authority('role', 'changes who has a role, or what policy forbids');
const credential = authority(
  'credential',
  'makes an identity trust somebody, or opens a vault or a database to somebody',
);
const tenantPolicy = authority('tenant_policy', 'changes who governs subscriptions');
const code = authority('code', 'runs a script with the rights of another identity');
const opaque = authority('code', 'deploys a template that cannot be looked into');
const group = careful('resource_group', 'deletes or moves a resource group with everything in it');
const permanent = careful('permanent', 'deletes for good');
const lock = careful('deletion', 'removes a lock');
const complete = careful('deletion', 'deletes what the template does not name');
const managed = careful('deletion', 'deletes what the stack manages');

interface TypeRule {
  readonly risk: Risk;
  readonly pattern: RegExp;
}

/** By the address, its segments joined by `/`. */
const byAddress: readonly TypeRule[] = [
  { risk: role, pattern: /\/?providers\/microsoft\.authorization\/(?!locks(?:\/|$))/ },
  {
    risk: role,
    pattern:
      /(?:^|\/)\w*(?:roleassignments?|roledefinitions?|roleassignmentschedule\w*|roleeligibility\w*|elevateaccess)(?:\/|$)/,
  },
  {
    risk: credential,
    pattern:
      /\/(?:federatedidentitycredentials|accesspolicies|accesspolicyassignments|principalassignments|administrators|azureadonlyauthentications|adadministrators)(?:\/|$)/,
  },
  {
    risk: tenantPolicy,
    pattern:
      /(?:^|\/)providers\/microsoft\.(?:management\/managementgroups|managedservices|subscription|billing|blueprint|aadiam|domainservices)(?:\/|$)/,
  },
  {
    risk: code,
    pattern:
      /\/(?:runcommands?|deploymentscripts|scriptexecutions)(?:\/|$)|\/automationaccounts\/[^/]+\/(?:runbooks|jobs|webhooks|jobschedules)(?:\/|$)/,
  },
  { risk: permanent, pattern: /\/(?:purge\w*|forcedelete)(?:\/|$)/ },
  { risk: group, pattern: /\/moveresources$/ },
];

const runsScript = /customscript|runcommand|\bdsc\b/i;

function isGroup(address: Address): boolean {
  return address.length === 4 && address[0] === 'subscriptions' && address[2] === 'resourcegroups';
}

/** Access policies of a vault may also be written with the vault itself. */
function byBody({ body }: PolicyRequest, address: Address): readonly Risk[] {
  const at = address.lastIndexOf('providers');
  const [namespace, type] = address.slice(at + 1);
  const properties = member(body, 'properties');
  if (namespace === 'microsoft.keyvault' && type === 'vaults') {
    const policies = member(properties, 'accesspolicies');
    return Array.isArray(policies) && policies.length > 0 ? [credential] : [];
  }
  const extension = address.includes('extensions') ? textOf(member(properties, 'type')) : '';
  // Scale sets hold the extensions of their machines in themselves.
  const profile = member(member(properties, 'virtualmachineprofile'), 'extensionprofile') ?? '';
  if (runsScript.test(extension) || runsScript.test(JSON.stringify(profile))) return [code];
  if (namespace === 'microsoft.resources' && (type === 'deployments' || type === 'deploymentstacks')) {
    const unmanaged = JSON.stringify(member(properties, 'actiononunmanage') ?? '');
    const deletes = /^complete$/i.test(textOf(member(properties, 'mode'))) || /delete/i.test(unmanaged);
    return deletes ? [complete] : [];
  }
  return [];
}

/** Risks of one request by address and body; what a template deploys is a request of its own. */
export function armRisks(request: PolicyRequest): readonly Risk[] {
  const [address] = request.addresses;
  const text = address.join('/');
  const found = byAddress.flatMap(({ risk, pattern }) => (pattern.test(text) ? [risk] : []));
  if (address.includes(unknownRest) && request.isImplied) found.push(request.method === 'DELETE' ? managed : opaque);
  if (request.method === 'DELETE' && !request.isImplied && isGroup(address)) found.push(group);
  if (request.method === 'DELETE' && address.includes('locks')) found.push(lock);
  return [...found, ...byBody(request, address)];
}
