// Names of members, compared without regard to case. Sources: the declarations of the `@azure/arm-*` packages and the
// API reference of Microsoft Graph.

function nameSet(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().split(/\s+/).filter(Boolean));
}

/** Members whose non-empty string is a secret in every answer, wherever they stand. */
const secretNames = nameSet(`
  secretText clientSecret client_secret password adminPassword administratorLoginPassword administratorPassword sshPassword
  newPassword passwordBase64 publishingPassword publishingPasswordHash publishingPasswordHashSalt userPWD temporaryAccessPass
  masterKey sharedKey accessKey primaryAccessKey secondaryAccessKey secretAccessKey storageAccountKey userStorageKey
  accountKey primaryMasterKey secondaryMasterKey primaryReadonlyMasterKey secondaryReadonlyMasterKey primarySharedKey
  secondarySharedKey authorizationKey validationKey privateKey privateKeyData connectionString primaryConnectionString
  secondaryConnectionString aliasPrimaryConnectionString aliasSecondaryConnectionString sasToken sasUrl accountSasToken
  serviceSasToken accessSAS securityDataAccessSAS securityMetadataAccessSAS sasUri accessToken refreshToken access_token
  refresh_token id_token client_assertion oidcToken gitHubAccessToken databricksAccessToken serviceToken developerToken
  securityToken kubeConfig userKubeConfig adminKubeConfig trigger_url scmUri clientState encryptionKey macKey
  serviceprincipalkey servicePrincipalCertificate activationLockBypassCode`);

/** The same names, for expressions that ignore case. */
export const secretNamePattern = [...secretNames].join('|');

/** Members that name something and stay readable, also where an action hands out everything else as a secret. */
const openNames = nameSet(`
  keyId keyName hint displayName thumbprint customKeyIdentifier clientId appId tenantId objectId accessKeyId username
  publishingUserName resourceId expiryTime permissions startDateTime endDateTime issuer subject audiences keyPolicy
  keyCreationTime passwordPolicies lastPasswordChangeDateTime kid`);

/**
 * Members of the credentials of a workspace connection that identify somebody; every other one is a secret, also one that
 * nobody has published.
 */
export const connectionIdentifiers = nameSet('clientId tenantId username resourceId accessKeyId');

/** Addresses of secrets in a key vault: open as long as they carry no query. */
const vaultAddressNames = nameSet('keyVaultSecretUri secretUri');

/** Members of every resource and every operation. Their text must look like what they are. */
const plainForms: Readonly<Record<string, RegExp>> = {
  id: /^\/?[\w.-]+(?:\/[^\s?#=&;]*)+$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  name: /^[\p{L}\p{N}_][\p{L}\p{N}_ .()/-]{0,79}$/u,
  type: /^[A-Za-z][\w.]*(?:\/[A-Za-z]\w*)*$/,
  kind: /^[A-Za-z][\w.,-]{0,59}$/,
  location: /^[A-Za-z][A-Za-z0-9 ]{0,39}$/,
  status: /^[A-Za-z]{1,40}$/,
  provisioningstate: /^[A-Za-z]{1,40}$/,
  contenttype: /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w-]+)*$/,
};

const isoDate = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Names come back in page after page: what was found out about them is kept. */
const mostCached = 5_000;

/** A predicate on names that remembers its answers. */
export function cachedTest(test: (lowerCase: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const seen = known.get(name);
    if (seen !== undefined) return seen;
    // A map with names of its own for each entry must not grow without end.
    if (known.size >= mostCached) known.clear();
    const answer = test(name.toLowerCase());
    known.set(name, answer);
    return answer;
  };
}

/** Whether the string of a member is a secret wherever it stands. `name` is in lower case. */
export function isSecretName(name: string): boolean {
  return secretNames.has(name);
}

/**
 * Whether a text may stay where an action hands out secrets: by the name of its member, or because it is a date.
 * `name` is in lower case.
 */
export function isOpenText(name: string, text: string): boolean {
  if (openNames.has(name) || isoDate.test(text)) return true;
  if (vaultAddressNames.has(name)) return !/[?#]/.test(text);
  if (name.startsWith('@odata.') && name !== '@odata.nextlink' && name !== '@odata.deltalink') return true;
  return plainForms[name]?.test(text) ?? false;
}
