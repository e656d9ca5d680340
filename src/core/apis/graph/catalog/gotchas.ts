// What the documentation says in passing and callers learn the hard way, in our words. Patterns match lower-case templates
// such as /users/{id}/messages. The first that matches a call is shown first.

export interface Gotcha {
  /** Absent: every method. */
  readonly methods?: string;
  readonly path: RegExp;
  readonly text: string;
}

/** Sets of objects that live elsewhere; the members of teams, chats and classes are objects of their own. */
const ofReferences = String.raw`^/(?:groups|applications|serviceprincipals|devices|users|directory/administrativeunits)/\{id\}/(?:members|owners|registeredowners|registeredusers|sponsors)`;

export const gotchas: readonly Gotcha[] = [
  {
    methods: 'GET',
    path: /^\/users$/,
    text: "Guests: $filter userType eq 'Guest'. Only 11 properties come without $select; signInActivity cannot be filtered together with anything else and needs AuditLog.Read.All and Entra ID P1.",
  },
  {
    methods: 'GET',
    path: /^\/(users\/\{id\}|me)$/,
    text: 'Only 11 properties come without $select. With signInActivity in $select use the object id, not the user principal name.',
  },
  {
    methods: 'POST',
    path: /^\/users$/,
    text: 'Needs accountEnabled, displayName, mailNickname, userPrincipalName in a verified domain, and passwordProfile.',
  },
  {
    methods: 'PATCH',
    path: /^\/users\/\{id\}$/,
    text: 'Answers 204 without a body. accountEnabled: false blocks sign-in; revokeSignInSessions ends what is open. Synchronised users are changed on premises.',
  },
  {
    methods: 'DELETE',
    path: /^\/(users|groups|applications|serviceprincipals)\/\{id\}$/,
    text: 'Restorable for 30 days from directory/deletedItems; not every security group is.',
  },
  {
    methods: 'POST',
    path: /revokesigninsessions$/,
    text: 'Ends refresh tokens; access tokens live on for up to an hour.',
  },
  {
    methods: 'POST',
    path: /\/assignlicense$/,
    text: 'Both addLicenses and removeLicenses must be sent, empty or not; the user needs usageLocation. assign_license does all that.',
  },
  {
    methods: 'GET',
    path: /^\/subscribedskus$/,
    text: 'No $filter. Seats left: prepaidUnits.enabled minus consumedUnits.',
  },
  {
    path: /\/delta$/,
    text: 'Follow @odata.nextLink to the @odata.deltaLink and keep that; graph_delta does it. No $top, $orderby or $expand on directory objects.',
  },
  {
    methods: 'POST',
    path: new RegExp(`${ofReferences}$`),
    text: 'Sent to …/$ref with {"@odata.id": address of the object}. One that is there already gives 400.',
  },
  {
    methods: 'DELETE',
    path: new RegExp(String.raw`${ofReferences}/\{id\}$`),
    text: 'Without /$ref at the end the object itself is deleted, not its membership.',
  },
  {
    methods: 'POST',
    path: /^\/groups\/\{id\}\/members$/,
    text: 'Groups that may hold roles also need RoleManagement.ReadWrite.Directory; members of dynamic and synchronised groups cannot be changed.',
  },
  {
    methods: 'GET',
    path: /^\/groups\/\{id\}\/(transitive)?members$/,
    text: 'Mixed types: cast with /microsoft.graph.user. Without rights on a type its members come with only an id.',
  },
  {
    methods: 'GET',
    path: /^\/groups$/,
    text: "Microsoft 365 groups: $filter groupTypes/any(c:c eq 'Unified'). Without owners: $expand=owners($select=id) and keep those with an empty list.",
  },
  {
    methods: 'POST',
    path: /^\/groups$/,
    text: 'Needs displayName, mailEnabled, mailNickname, securityEnabled; isAssignableToRole only at creation; at most 20 owners and members in one request.',
  },
  {
    methods: 'GET',
    path: /\/memberof$/,
    text: 'Direct memberships only; transitiveMemberOf has nested ones. Cast with /microsoft.graph.group or directoryRole.',
  },
  {
    methods: 'GET',
    path: /^\/applications(\/\{id\})?$/,
    text: 'passwordCredentials and keyCredentials have endDateTime and cannot be filtered: read and compare. {id} is the object id; the client id works as /applications(appId=…).',
  },
  {
    methods: 'PATCH',
    path: /^\/applications\/\{id\}$/,
    text: 'keyCredentials is replaced as a whole; passwordCredentials cannot be patched: use addPassword and removePassword.',
  },
  { methods: 'POST', path: /addpassword$/, text: 'secretText is in this answer only.' },
  {
    methods: 'POST',
    path: /^\/applications$/,
    text: 'Creates no service principal: POST /servicePrincipals with the appId.',
  },
  {
    methods: 'POST',
    path: /approleassign(ments|edto)$/,
    text: 'Body: principalId (object id of a user, group or service principal), resourceId (object id of the service principal that has the role) and appRoleId. One that exists gives 400.',
  },
  {
    methods: 'POST',
    path: /^\/oauth2permissiongrants$/,
    text: 'One grant for each client and resource: where it exists, PATCH its scope.',
  },
  {
    path: /^\/directory\/deleteditems/,
    text: 'A list needs a type: /directory/deletedItems/microsoft.graph.user. Kept for 30 days. The permission follows the type of the object.',
  },
  {
    methods: 'GET',
    path: /^\/auditlogs\/signins/,
    text: 'Needs Entra ID P1: without it 403. $filter takes createdDateTime, userId, userPrincipalName, appId, status/errorCode and few more; failures have another errorCode than 0. Kept for 30 days.',
  },
  {
    methods: 'GET',
    path: /^\/auditlogs\/directoryaudits/,
    text: '$filter takes activityDateTime, activityDisplayName, category, initiatedBy/user/id, targetResources/any(t:t/id eq …). Kept for 30 days.',
  },
  {
    methods: 'GET',
    path: /^\/reports\/get/,
    text: 'Answers CSV by a redirect; period is D7, D30, D90 or D180. Names may be hidden by a setting of the tenant.',
  },
  {
    methods: 'GET',
    path: /userregistrationdetails/,
    text: 'isMfaRegistered, isMfaCapable, isAdmin and methodsRegistered can be filtered. Needs Entra ID P1.',
  },
  {
    methods: 'GET',
    path: /authentication\/(methods|phonemethods)/,
    text: 'One user at a time; for the whole tenant read reports/authenticationMethods/userRegistrationDetails.',
  },
  {
    methods: 'GET',
    path: /bitlocker\/recoverykeys/,
    text: 'The key itself comes only for one object with $select=key, and the read is audited. People only see it with a directory role.',
  },
  {
    methods: 'GET',
    path: /devicelocalcredentials/,
    text: 'Passwords come only for one device with $select=credentials, in Base64; {id} is the deviceId.',
  },
  {
    methods: 'GET',
    path: /^\/devices/,
    text: '{id} is the object id, not deviceId. There is no /devices/{id}/owners: use registeredOwners. Intune has other objects: /deviceManagement/managedDevices.',
  },
  {
    methods: 'GET',
    path: /^\/devicemanagement\/manageddevices/,
    text: 'Intune. azureADDeviceId is the deviceId of /devices. $filter takes complianceState, operatingSystem, userPrincipalName and few more.',
  },
  {
    methods: 'POST',
    path: /manageddevices\/\{id\}\/(wipe|retire)$/,
    text: 'Cannot be taken back: the device does it when it next checks in.',
  },
  {
    methods: 'GET',
    path: /^\/(?:users\/\{id\}|me)\/(?:.*\/)?(?<!chats\/\{id\}\/)messages$/,
    text: 'Pages of 10. $search cannot be combined with $filter or $orderby; with $orderby, $filter must name the same properties first. An app reads every mailbox unless Exchange limits it.',
  },
  {
    methods: 'GET',
    path: /\/(events|calendar\/events)$/,
    text: 'Series, not occurrences: calendarView with startDateTime and endDateTime has those.',
  },
  { methods: 'GET', path: /calendarview$/, text: 'Needs startDateTime and endDateTime, without $.' },
  { methods: 'POST', path: /sendmail$/, text: 'Answers 202 without a body; never repeat it blindly.' },
  {
    methods: 'GET',
    path: /messagerules$/,
    text: '{id} of the folder is inbox. Forwarding: actions.forwardTo and redirectTo.',
  },
  { methods: 'GET', path: /^\/sites$/, text: 'search=… has no $; search=* lists all that can be found.' },
  {
    methods: 'GET',
    path: /^\/directoryroles/,
    text: 'Only roles that were activated once; roleManagement/directory has all, custom ones and scopes.',
  },
  {
    methods: 'GET',
    path: /^\/rolemanagement\/directory\/roleassignments$/,
    text: "$filter roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10' is Global Administrator: built-in ids are the same in every tenant; names cannot be filtered. $expand=principal takes one relation at a time. Eligible ones are in roleEligibilityScheduleInstances.",
  },
  {
    methods: 'POST',
    path: /^\/invitations$/,
    text: 'Needs invitedUserEmailAddress and inviteRedirectUrl; no mail is sent unless sendInvitationMessage is true.',
  },
  { methods: 'GET', path: /^\/teams\/\{id\}/, text: 'The id of a team is that of its group.' },
  { methods: 'POST', path: /^\/teams$/, text: 'Answers 202: the team is made behind an operation.' },
  { methods: 'GET', path: /^\/identityprotection\//, text: 'Needs Entra ID P2.' },
  {
    methods: 'POST PATCH',
    path: /conditionalaccess\/policies/,
    text: "Try it with state 'enabledForReportingButNotEnforced', and exclude an emergency account.",
  },
];

/** What to know about a call, at most `most` sentences. */
export function gotchasOf(method: string, path: string, most: number): readonly string[] {
  const template = path.toLowerCase();
  return gotchas
    .filter(({ methods, path: pattern }) => (methods?.split(' ').includes(method) ?? true) && pattern.test(template))
    .slice(0, most)
    .map(({ text }) => text);
}
