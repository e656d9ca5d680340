import { issuingHostOf } from '../../core/auth/issuers.ts';
import type { Cloud } from '../../core/base/clouds.ts';
import { offered, preAuthorized, roleIdOf } from './registration.ts';

export interface Registration {
  /** How clients will reach the server, without a trailing slash. */
  readonly publicUrl: string;
  /** The tenant that the app is registered in, and the others whose people may sign in. */
  readonly tenants: readonly [string, ...string[]];
  readonly cloud: Cloud;
  /** Absent: the app is yet to be made. */
  readonly clientId?: string;
  /** Default `api://<client id>`. */
  readonly applicationIdUri?: string;
}

/** Names of `az cloud list`. */
const azureClouds: Readonly<Record<string, string>> = {
  usgov: 'AzureUSGovernment',
  usdod: 'AzureUSGovernment',
  china: 'AzureChinaCloud',
};

/** Permissions of Microsoft Graph that sign people in to the pages: openid and profile. */
const graph = '00000003-0000-0000-c000-000000000000';
const pagePermissions = '37f7f235-527c-4136-accd-4a02d197296e=Scope 14dad69e-099b-42c9-810b-d002981feec1=Scope';

/** The whole registration as a script for bash, such as that of the Azure Cloud Shell; running it again changes nothing. */
export function registrationScript(registration: Registration): string {
  const { tenants, cloud } = registration;
  const [home, ...others] = tenants;
  const steps = [
    [
      'Sign in as an administrator of the tenant.',
      [...cloudCommand(cloud), `az login --tenant ${home} --allow-no-subscriptions`],
    ],
    [
      'The app registration, with the page that people come back to after they have signed in.',
      appCommands(registration),
    ],
    ['Its scopes and app roles, tokens of version 2.0, and the groups in them.', [patch(cloud, offered)]],
    ['Clients that need no consent: Visual Studio Code and the Azure CLI.', [patch(cloud, preAuthorized)]],
    ['Who signs in has to be assigned, and consents to nothing.', principalCommands],
    ['A secret for the pages, kept in this shell alone. Each run adds one.', secretCommands],
    ['Who may do what: a group, by its object id. Repeat it for each role and group.', assignmentCommands(cloud)],
    ...others.map((tenant) => otherTenant(tenant, cloud)),
    ['Prints the section of tenantry.yaml, with the id of the app.', section(registration)],
  ] as const;
  const script = steps.map(([says, lines], at) => [`# ${at + 1}. ${says}`, ...lines].join('\n'));
  return script.join('\n\n');
}

function cloudCommand({ name }: Cloud): string[] {
  const known = azureClouds[name];
  return known === undefined ? [] : [`az cloud set --name ${known}`];
}

function appCommands({ publicUrl, tenants, clientId, applicationIdUri }: Registration): string[] {
  const audience = tenants.length > 1 ? 'AzureADMultipleOrgs' : 'AzureADMyOrg';
  const settings = `--display-name Tenantry --sign-in-audience ${audience} --web-redirect-uris ${publicUrl}/sign-in/callback`;
  const uri = applicationIdUri === undefined ? '"api://$APP_ID"' : quoted(applicationIdUri);
  return [
    ...(clientId === undefined
      ? [`APP_ID=$(az ad app create ${settings} --query appId --output tsv)`]
      : [`APP_ID=${clientId}`, `az ad app update --id "$APP_ID" ${settings}`]),
    `az ad app update --id "$APP_ID" --identifier-uris ${uri}`,
  ];
}

function patch({ graph: root }: Cloud, body: unknown): string {
  const address = `"${root}/v1.0/applications(appId='$APP_ID')"`;
  return `az rest --method PATCH --url ${address} --headers Content-Type=application/json --body ${quoted(JSON.stringify(body))}`;
}

const principalCommands = [
  'az ad sp show --id "$APP_ID" --output none 2>/dev/null || az ad sp create --id "$APP_ID" --output none',
  'az ad sp update --id "$APP_ID" --set appRoleAssignmentRequired=true',
  `az ad app permission add --id "$APP_ID" --api ${graph} --api-permissions ${pagePermissions}`,
  'az ad app permission admin-consent --id "$APP_ID"',
];

const secretCommands = [
  'export TENANTRY_SIGN_IN_SECRET=$(az ad app credential reset --id "$APP_ID" --append --display-name "Tenantry pages" --years 1 --query password --output tsv)',
];

function assignmentCommands({ graph: root }: Cloud): string[] {
  const body = `{\\"principalId\\": \\"$GROUP_ID\\", \\"resourceId\\": \\"$SP_ID\\", \\"appRoleId\\": \\"$ROLE_ID\\"}`;
  return [
    'SP_ID=$(az ad sp show --id "$APP_ID" --query id --output tsv)',
    'GROUP_ID=00000000-0000-0000-0000-000000000000',
    `ROLE_ID=${roleIdOf('read')}    # Tenantry.Read; Tenantry.Write is ${roleIdOf('write')}, Tenantry.Manage ${roleIdOf('manage')}`,
    `az rest --method POST --url "${root}/v1.0/servicePrincipals/$SP_ID/appRoleAssignedTo" --headers Content-Type=application/json --body "${body}"`,
  ];
}

function otherTenant(tenant: string, cloud: Cloud): readonly [string, readonly string[]] {
  const page = `${issuingHostOf(cloud)}/${tenant}/adminconsent?client_id=$APP_ID`;
  return [`An administrator of the tenant ${tenant} lets the app in, on this page.`, [`echo "${page}"`]];
}

function section({ publicUrl, tenants, cloud, applicationIdUri }: Registration): string[] {
  const lines = [
    'http:',
    `  public_url: ${publicUrl}`,
    '  sign_in:',
    ...(cloud.name === 'public' ? [] : [`    cloud: ${cloud.name}`]),
    `    tenants: [${tenants.join(', ')}]`,
    '    client_id: $APP_ID',
    ...(applicationIdUri === undefined ? [] : [`    application_id_uri: ${applicationIdUri}`]),
    '    client_secret: { env: TENANTRY_SIGN_IN_SECRET }',
  ];
  return ['cat <<END', ...lines, 'END'];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
