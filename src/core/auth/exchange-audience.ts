import type { Cloud } from '../base/clouds.ts';

const usGovernment = 'api://AzureADTokenExchangeUSGov';
const china = 'api://AzureADTokenExchangeChina';

/** Sovereign authorities expect an audience of their own; whichever name a configured cloud gives them. */
const audiencesByLogin: Readonly<Record<string, string>> = {
  'login.microsoftonline.us': usGovernment,
  'login.chinacloudapi.cn': china,
  'login.partner.microsoftonline.cn': china,
};

const audiencesByName: Readonly<Record<string, string>> = { usgov: usGovernment, usdod: usGovernment, china };

/**
 * Audience that a token of another issuer has when it is meant for token exchange in this cloud.
 * https://learn.microsoft.com/graph/api/resources/federatedidentitycredentials-overview
 */
export function exchangeAudience(cloud: Pick<Cloud, 'name' | 'login'>): string {
  const host = URL.parse(cloud.login)?.hostname ?? '';
  return audiencesByLogin[host] ?? audiencesByName[cloud.name] ?? 'api://AzureADTokenExchange';
}
