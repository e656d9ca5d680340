/** Where Microsoft Entra issues tokens, in every cloud. https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
export const entraHosts: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.chinacloudapi.cn',
  'login.partner.microsoftonline.cn',
]);

/** Issuer of Azure DevOps itself, which service connections of before November 2025 have. */
export const devopsIssuerHost = 'vstoken.dev.azure.com';
