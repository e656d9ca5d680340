import type { AnswerRow } from './answer-row.ts';

// Source: the API reference of Microsoft Graph, https://learn.microsoft.com/graph/api/overview

export const graphRows: readonly AnswerRow[] = [
  { paths: ['applications/*/addPassword', 'servicePrincipals/*/addPassword'], kept: ['secretText'] },
  { paths: ['temporaryAccessPassMethods'], kept: ['temporaryAccessPass'], strip: 2 },
  // 202 with a body, where the service makes the password.
  { paths: ['methods/*/resetPassword', 'passwordMethods/*/resetPassword'], kept: ['newPassword'] },
  { methods: ['GET'], paths: ['bitlocker/recoveryKeys/*'], kept: ['key'] },
  { methods: ['GET'], paths: ['bitlocker/recoveryKeys', 'bitlocker'], masked: ['value[].key', 'recoveryKeys[].key'] },
  { methods: ['GET'], paths: ['bitlocker/recoveryKeys/*/key'], kept: ['value', ''], strip: 1 },
  // Windows LAPS: base64 is no protection, and the answer may be wrapped in `value`.
  {
    methods: ['GET'],
    paths: ['deviceLocalCredentials/*', 'deviceLocalCredentials/*/credentials'],
    kept: ['passwordBase64'],
  },
  { methods: ['GET', 'POST', 'PUT'], paths: ['synchronization/secrets'], masked: ['value[].value'] },
  {
    paths: [
      'createPasswordSingleSignOnCredentials',
      'getPasswordSingleSignOnCredentials',
      'updatePasswordSingleSignOnCredentials',
    ],
    masked: ['credentials[].value'],
  },
  {
    methods: ['GET', 'POST', 'PATCH', 'PUT'],
    paths: ['trustFramework/keySets', 'trustFramework/keySets/*'],
    masked: ['keys[].k', 'keys[].d', 'keys[].p', 'keys[].q', 'keys[].dp', 'keys[].dq', 'keys[].qi'],
  },
  {
    paths: ['keySets/*/generateKey', 'keySets/*/uploadSecret', 'keySets/*/uploadPkcs12', 'keySets/*/uploadCertificate'],
    masked: ['k', 'd', 'p', 'q', 'dp', 'dq', 'qi'],
    // Whatever else such an answer says describes the key.
    open: ['kty', 'use', 'e', 'n', 'x5t', 'x5c[]'],
    only: true,
  },
  { methods: ['GET', 'POST'], paths: ['managedDevices/*/getFileVaultKey'], kept: ['value'], strip: 1 },
  {
    methods: ['GET'],
    paths: ['getOmaSettingPlainTextValue', 'getOmaSettingPlainTextValue/*'],
    masked: ['value', ''],
  },
  { methods: ['GET'], paths: ['activationLockBypassCode'], masked: ['value', ''] },
  { methods: ['GET', 'POST', 'PATCH'], paths: ['vppTokens', 'vppTokens/*'], masked: ['token'] },
  {
    methods: ['GET', 'POST', 'PATCH'],
    paths: [
      'androidDeviceOwnerEnrollmentProfiles',
      'androidDeviceOwnerEnrollmentProfiles/*',
      'depOnboardingSettings',
      'depOnboardingSettings/*',
      'enrollmentProfiles',
      'enrollmentProfiles/*',
    ],
    masked: ['tokenValue', 'qrCodeContent', 'qrCodeImage.value'],
  },
  { paths: ['createGooglePlayWebToken'], masked: ['value', ''] },
  {
    methods: ['GET', 'POST', 'PATCH'],
    paths: ['files', 'files/*', 'renewUpload'],
    masked: ['azureStorageUri', 'fileEncryptionInfo.encryptionKey', 'fileEncryptionInfo.macKey'],
  },
];

/** Azure DevOps. https://learn.microsoft.com/rest/api/azure/devops/tokens/pats */
export const devopsRows: readonly AnswerRow[] = [
  { methods: ['POST', 'PUT', 'GET'], paths: ['tokens/pats'], kept: ['patToken.token'] },
  { paths: ['oidctoken'], masked: ['oidcToken'] },
];

/**
 * Links that exist to be given to people: the way to a member, as a path and the members of its answer. They are not
 * searched for the forms of secrets.
 */
export const handedOn: readonly string[] = [
  'inviteRedeemUrl',
  'link.webUrl',
  'joinWebUrl',
  'joinUrl',
  'joinMeetingIdSettings.passcode',
  'invitationUrl',
];

/** Addresses of files that open without a token: left out unless the request names them. Lower case. */
export const fileAddresses: ReadonlySet<string> = new Set([
  '@microsoft.graph.downloadurl',
  '@content.downloadurl',
  'uploadurl',
]);
