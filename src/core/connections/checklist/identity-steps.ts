import { exchangeAudience } from '../../auth/federated-token.ts';
import { cloudServices } from '../../base/clouds.ts';
import type { AuthType, ConnectionRecord } from '../../record/connection.ts';
import { authRequirements } from '../../record/requirements.ts';
import { usesAzure } from '../checks/azure-scope.ts';
import { type ChecklistStep, isTrouble, lineOf, stateOf, tell } from './checklist.ts';

/** Stands in a command for what is not known yet. */
export function clientOf({ identity }: ConnectionRecord): string {
  return identity.client_id ?? '<client-id>';
}

/** Sign-ins where the identity is the machine's or a person's: there is no app to register. */
const withoutApp: readonly AuthType[] = ['managed_identity', 'azure_cli', 'default', 'bearer'];

/** Names of the clouds in the Azure CLI, where it is not the one that it starts with. */
const cliClouds: Readonly<Record<string, string>> = {
  usgov: 'AzureUSGovernment',
  usdod: 'AzureUSGovernment',
  china: 'AzureChinaCloud',
};

/** Who signs in, and with what. */
export function identitySteps(record: ConnectionRecord): readonly ChecklistStep[] {
  const steps = [signInStep(record)].filter((step) => step !== undefined);
  return withoutApp.includes(record.auth_type) ? steps : [appStep(record), ...steps];
}

function appStep(record: ConnectionRecord): ChecklistStep {
  const { tenant_id: tenant, client_id: client } = record.identity;
  const line = lineOf(record, 'identity');
  const cloud = cliClouds[record.cloud];
  return {
    step: 'app_registration',
    title: 'Register an app in Microsoft Entra ID, and copy tenant id and client id',
    state: tenant === undefined || client === undefined ? 'open' : stateOf(line, 'done'),
    ...tell(line, client === undefined ? {} : { detail: `App ${client} in tenant ${tenant ?? 'unknown'}.` }),
    commands: [
      ...(cloud === undefined ? [] : [`az cloud set --name ${cloud}`]),
      'az account show --query tenantId --output tsv',
      ...(client === undefined
        ? [
            `az ad app create --display-name tenantry-${record.name} --sign-in-audience AzureADMyOrg --query appId --output tsv`,
          ]
        : []),
      `az ad sp create --id ${clientOf(record)}`,
    ],
    portal: 'Microsoft Entra ID > App registrations > New registration',
  };
}

interface Guide extends Pick<ChecklistStep, 'title' | 'portal' | 'how' | 'commands'> {
  /** `credential` for what is supplied to the connection, `sign_in` for what stays where it is. */
  readonly step: 'credential' | 'sign_in';
}

const credentialsPath = 'App registrations > the app > Certificates & secrets';

/** How a credential gets to the connection with this name. */
export function supplyHow(name: string): string {
  return `Then enter it on the page that complete_connection opens, or at the terminal: tenantry connections complete ${name}`;
}

function clientSecretGuide(record: ConnectionRecord): Guide {
  return {
    step: 'credential',
    title: 'Create a client secret',
    portal: `${credentialsPath} > New client secret`,
    commands: [
      `az ad app credential reset --id ${clientOf(record)} --append --display-name tenantry --years 1 --query password --output tsv`,
    ],
    how: supplyHow(record.name),
  };
}

function certificateGuide(record: ConnectionRecord): Guide {
  return {
    step: 'credential',
    title: 'Upload a certificate',
    portal: `${credentialsPath} > Certificates`,
    commands: [
      `openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 365 -subj "/CN=tenantry-${record.name}" -keyout key.pem -out cert.pem`,
      `az ad app credential reset --id ${clientOf(record)} --append --cert "@cert.pem"`,
      'cat key.pem cert.pem > app.pem',
    ],
    how: supplyHow(record.name),
  };
}

function federationGuide(record: ConnectionRecord): Guide {
  const trust = {
    name: `tenantry-${record.name}`,
    issuer: '<issuer>',
    subject: '<subject>',
    audiences: [exchangeAudience({ name: record.cloud, login: '' })],
  };
  return {
    step: 'credential',
    title: 'Add a federated credential',
    portal: `${credentialsPath} > Federated credentials`,
    commands: [
      `az ad app federated-credential create --id ${clientOf(record)} --parameters '${JSON.stringify(trust)}'`,
    ],
    how: 'Issuer and subject are those of the tokens of the platform; a failed validation names them.',
  };
}

function bearerGuide(record: ConnectionRecord): Guide {
  const devops = cloudServices.devops.audience ?? '';
  const resource = record.scopes.includes('directory')
    ? '--resource-type ms-graph'
    : usesAzure(record)
      ? '--resource-type arm'
      : `--resource ${devops}`;
  return {
    step: 'credential',
    title: 'Supply a token',
    commands: [`az account get-access-token ${resource} --query accessToken --output tsv`],
    how: supplyHow(record.name),
  };
}

const guides: Readonly<Partial<Record<AuthType, (record: ConnectionRecord) => Guide>>> = {
  azure: clientSecretGuide,
  on_behalf_of: clientSecretGuide,
  certificate: certificateGuide,
  workload_identity: federationGuide,
  bearer: bearerGuide,
  device_code: (record) => ({
    step: 'sign_in',
    title: 'Let the app sign people in without a secret',
    portal: 'App registrations > the app > Authentication > Allow public client flows',
    commands: [`az ad app update --id ${clientOf(record)} --is-fallback-public-client true`],
  }),
  azure_cli: ({ identity }) => ({
    step: 'sign_in',
    title: 'Sign in to the Azure CLI on this computer',
    commands: [`az login${identity.tenant_id === undefined ? '' : ` --tenant ${identity.tenant_id}`}`],
  }),
  managed_identity: ({ identity }) => ({
    step: 'sign_in',
    title: 'Give the machine that Tenantry runs on a managed identity',
    portal: 'The virtual machine, app or container > Identity',
    commands: [
      `az vm identity assign --resource-group <group> --name <vm>${identity.client_id === undefined ? '' : ' --identities <identity-resource-id>'}`,
    ],
  }),
  default: () => ({
    step: 'sign_in',
    title: 'Have one of the sign-ins that DefaultAzureCredential looks for',
    commands: ['az login'],
  }),
};

function signInStep(record: ConnectionRecord): ChecklistStep | undefined {
  const guide = guides[record.auth_type]?.(record);
  if (guide === undefined) return undefined;
  const { secrets: needed } = authRequirements[record.auth_type];
  const present = needed.every((field) => record.secrets.some((secret) => secret.field === field));
  const token = record.checks.find(({ check }) => check.startsWith('token.'));
  const expiry = lineOf(record, 'expiry');
  // An end that is near says more than that the secret works today.
  const told = isTrouble(token) || !isTrouble(expiry) ? token : expiry;
  const { how, ...words } = guide;
  return {
    ...words,
    state: present ? stateOf(told, 'unchecked') : 'open',
    ...tell(told, {
      ...(present ? {} : { detail: `${needed.join(', ')} has not been supplied.` }),
      ...(how === undefined ? {} : { how }),
    }),
  };
}
