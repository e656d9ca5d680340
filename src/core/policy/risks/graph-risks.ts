import { isRecord } from '../../base/guards.ts';
import type { Address, PolicyRequest } from '../addresses/address.ts';
import { authority, careful, type Risk } from './risk.ts';

// What widens authority in Entra when it is written, and what cannot be undone. From the tables of privileged
// permissions and roles: https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions

const role = authority('role', 'changes who has a role');
const grant = authority('grant', 'changes what an app or a person has been granted');
const credential = authority('credential', 'changes credentials, owners or trusts of an app');
const signIn = authority('sign_in_of_others', 'changes how another person signs in');
const tenantPolicy = authority('tenant_policy', 'changes a policy of the tenant that decides who may do what');
const code = authority('code', 'runs a script on other devices or resources');
const unreadable = authority('code', 'has a body that cannot be looked into');
const permanent = careful('permanent', 'deletes for good');

interface AddressRule {
  readonly risk: Risk;
  /** Matches the segments of an address, joined by `/`. */
  readonly pattern: RegExp;
}

/** By address; any write below counts. */
const byAddress: readonly AddressRule[] = [
  {
    risk: role,
    pattern:
      /^(?:rolemanagement|directoryroles|directoryroletemplates|privilegedaccess|privilegedroles|privilegedroleassignments|scopedrolememberships|devicemanagement\/role|identitygovernance\/(?:privilegedaccess|entitlementmanagement|lifecycleworkflows|rolemanagement))|\/scopedrolemember/,
  },
  {
    risk: role,
    pattern: /(?:^|\/)(?:roleassignments|roledefinitions|roleeligibility\w*|roleassignmentschedule\w*)(?:\/|$)/,
  },
  {
    risk: grant,
    pattern:
      /(?:^|\/)(?:approleassignments|approleassignedto|oauth2permissiongrants|permissiongrants|delegatedpermissionclassifications)(?:\/|$)/,
  },
  { risk: grant, pattern: /^(?:identitygovernance\/appconsent|sites\/[^/]+\/permissions)(?:\/|$)/ },
  {
    risk: credential,
    pattern:
      /^(?:applications|serviceprincipals|directoryobjects)\/.*\/(?:addpassword|removepassword|addkey|removekey|addtokensigningcertificate|federatedidentitycredentials|owners|claimsmappingpolicies|claimspolicy|tokenissuancepolicies|tokenlifetimepolicies|homerealmdiscoverypolicies|remotedesktopsecurityconfiguration|synchronization|createpasswordsinglesignoncredentials|updatepasswordsinglesignoncredentials|setverifiedpublisher|unsetverifiedpublisher|appmanagementpolicies)(?:\/|$)/,
  },
  {
    risk: signIn,
    pattern: /^users\/[^/]+\/(?:authentication|changepassword|resetpassword|convertexternaltointernalmemberuser)/,
  },
  {
    risk: signIn,
    pattern: /^(?:identityprotection|riskyusers|riskyserviceprincipals|auditlogs\/signins)\/.*(?:dismiss|confirmsafe)/,
  },
  { risk: signIn, pattern: /^(?:identityprotection\/\w+|riskyusers)\/(?:dismiss|confirmsafe)/ },
  {
    risk: tenantPolicy,
    pattern:
      /^(?:policies|identity|identityproviders|conditionalaccess|domains|groupsettings|settings|directorysettings|certificatebasedauthconfiguration|trustframework|directory\/(?:certificateauthorities|publickeyinfrastructure|onpremisessynchronization|federationconfigurations|customsecurityattributedefinitions|attributesets|authenticationmethoddevices)|onpremisespublishingprofiles|tenantrelationships|contracts|authenticationmethodspolicy|organization\/[^/]+\/certificatebasedauthconfiguration|reports\/authenticationmethods|networkaccess)(?:\/|$)/,
  },
  {
    risk: code,
    pattern:
      /^devicemanagement\/(?:devicemanagementscripts|deviceshellscripts|devicehealthscripts|devicecustomattributeshellscripts|devicecompliancescripts|reusablepolicysettings)|\/(?:initiateondemandproactiveremediation|rotatelocaladminpassword)(?:\/|$)/,
  },
  {
    risk: permanent,
    pattern: /(?:^|\/)(?:permanentdelete|purge\w*|emptyfolder|wipe|cleanwindowsdevice|forcedelete)(?:\/|$)/,
  },
];

/** Properties by what they change, for objects whose own address is written. Lower case. */
const appProperties: Readonly<Record<string, Risk>> = {
  keycredentials: credential,
  passwordcredentials: credential,
  federatedidentitycredentials: credential,
  owners: credential,
  'owners@odata.bind': credential,
  web: credential,
  spa: credential,
  publicclient: credential,
  replyurls: credential,
  replyurlswithtype: credential,
  identifieruris: credential,
  serviceprincipalnames: credential,
  isfallbackpublicclient: credential,
  signinaudience: credential,
  serviceprincipallockconfiguration: credential,
  tokenencryptionkeyid: credential,
  preferredtokensigningkeythumbprint: credential,
  preferredsinglesignonmode: credential,
  samlsinglesignonsettings: credential,
  approleassignmentrequired: grant,
  oauth2permissiongrants: grant,
  approleassignments: grant,
  approleassignedto: grant,
};

const userProperties: Readonly<Record<string, Risk>> = {
  passwordprofile: signIn,
  onpremisesimmutableid: signIn,
  identities: signIn,
  authorizationinfo: signIn,
};

/** Collections of objects whose properties decide about authority. */
const decidedByBody = new Set([
  'applications',
  'serviceprincipals',
  'users',
  'groups',
  'organization',
  'directoryobjects',
]);

function isApp(collection: string | undefined): boolean {
  return collection === 'applications' || collection === 'serviceprincipals';
}

/** What the new or changed object itself says about authority. */
function byBody({ body, method }: PolicyRequest, [collection = '', key, ...rest]: Address): readonly Risk[] {
  if (rest.length > 0 || body === undefined || body === null || body === '') return [];
  if (!isRecord(body)) return decidedByBody.has(collection) ? [unreadable] : [];
  const names = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
  const isNew = method === 'POST' && key === undefined;
  if (isApp(collection)) return [...names.keys()].flatMap((name) => appRisk(name, names.get(name), isNew));
  if (collection === 'users' && !isNew) return [...names.keys()].flatMap((name) => userProperties[name] ?? []);
  if (collection === 'groups' && makesRoleGroup(body)) return [role];
  if (collection === 'organization' && !isNew) return [tenantPolicy];
  return [];
}

/** A name in different case may stand there twice: each of them counts. */
function makesRoleGroup(body: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(body).some(
    ([name, value]) => name.toLowerCase() === 'isassignabletorole' && value !== false && value !== null,
  );
}

/** Trusts of a new app count like those of an old one; an empty list or plain URIs of a new app do not. */
function appRisk(name: string, value: unknown, isNew: boolean): readonly Risk[] {
  const risk = appProperties[name];
  if (name === 'api' && isRecord(value)) {
    const inner = Object.keys(value).map((one) => one.toLowerCase());
    return inner.includes('preauthorizedapplications') || inner.includes('knownclientapplications') ? [grant] : [];
  }
  if (risk === undefined) return [];
  const harmless = [
    'web',
    'spa',
    'publicclient',
    'identifieruris',
    'signinaudience',
    'preferredsinglesignonmode',
    'isfallbackpublicclient',
    'approleassignmentrequired',
  ];
  return isNew && harmless.includes(name) ? [] : [risk];
}

/** Whether a request deletes an object, rather than a reference to one. */
export function deletesObject({ method, addresses: [own] }: PolicyRequest): boolean {
  if (method === 'DELETE') return own.at(-1) !== '$ref';
  return (
    method === 'POST' &&
    /^(?:delete|permanentdelete|bulkdelete|deletepasswordsinglesignoncredentials)$/.test(own.at(-1) ?? '')
  );
}

/** Risks of one request by address and body, whatever it points to. */
export function graphRisks(request: PolicyRequest): readonly Risk[] {
  const found = request.addresses.flatMap((address) => {
    const text = address.join('/');
    return [
      ...byAddress.flatMap(({ risk, pattern }) => (pattern.test(text) ? [risk] : [])),
      ...byBody(request, address),
    ];
  });
  const [own] = request.addresses;
  const isErased = request.method === 'DELETE' && own[0] === 'directory' && own[1] === 'deleteditems';
  return isErased ? [...found, permanent] : found;
}
