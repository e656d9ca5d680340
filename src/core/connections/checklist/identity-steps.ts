import type { AuthType, ConnectionRecord } from '../../record/connection.ts';
import { authRequirements } from '../../record/connection-requirements.ts';
import type { ChecklistStep } from './checklist.ts';
import { isTrouble, lineOf, stateOf, tell } from './step-state.ts';

/** Sign-ins where the identity is the machine's or a person's: there is no app to register. */
const withoutApp: readonly AuthType[] = ['managed_identity', 'azure_cli', 'default', 'bearer'];

const credentialGuides: Readonly<Partial<Record<AuthType, Pick<ChecklistStep, 'title' | 'portal'>>>> = {
  azure: {
    title: 'Create a client secret',
    portal: 'App registrations > the app > Certificates & secrets > New client secret',
  },
  on_behalf_of: {
    title: 'Create a client secret',
    portal: 'App registrations > the app > Certificates & secrets > New client secret',
  },
  certificate: {
    title: 'Upload a certificate',
    portal: 'App registrations > the app > Certificates & secrets > Certificates',
  },
  workload_identity: {
    title: 'Add a federated credential',
    portal: 'App registrations > the app > Certificates & secrets > Federated credentials',
  },
  bearer: { title: 'Supply a token', portal: 'complete_connection with token' },
};

/** The app and its credential. */
export function identitySteps(record: ConnectionRecord): readonly ChecklistStep[] {
  const { tenant_id: tenant, client_id: client } = record.identity;
  const identityLine = lineOf(record, 'identity');
  const app: ChecklistStep = {
    step: 'app_registration',
    title: 'Register an app in Microsoft Entra ID, and copy tenant id and client id',
    state: tenant === undefined || client === undefined ? 'open' : stateOf(identityLine, 'done'),
    ...tell(identityLine, {
      ...(client === undefined ? {} : { detail: `App ${client} in tenant ${tenant ?? 'unknown'}.` }),
      how: `az ad app create --display-name tenantry-${record.name}, then az ad sp create --id <client-id>`,
    }),
    portal: 'Microsoft Entra ID > App registrations > New registration',
  };
  return withoutApp.includes(record.auth_type) ? credentialSteps(record) : [app, ...credentialSteps(record)];
}

function credentialSteps(record: ConnectionRecord): readonly ChecklistStep[] {
  const guide = credentialGuides[record.auth_type];
  if (guide === undefined) return [];
  const { secrets: needed } = authRequirements[record.auth_type];
  const present = needed.every((field) => record.secrets.some((secret) => secret.field === field));
  const token = record.checks.find(({ check }) => check.startsWith('token.'));
  const expiry = lineOf(record, 'expiry');
  // An end that is near says more than that the secret works today.
  const told = isTrouble(token) || !isTrouble(expiry) ? token : expiry;
  const client = record.identity.client_id ?? '<client-id>';
  return [
    {
      step: 'credential',
      ...guide,
      state: present ? stateOf(told, 'unchecked') : 'open',
      ...tell(told, {
        ...(present ? {} : { detail: `${needed.join(', ')} has not been supplied.` }),
        ...(needed.includes('client_secret')
          ? { how: `az ad app credential reset --id ${client} --append, then complete_connection with client_secret` }
          : {}),
      }),
    },
  ];
}

/** What Microsoft Graph lets the app do. */
export function graphSteps(record: ConnectionRecord): readonly ChecklistStep[] {
  if (!record.scopes.includes('directory')) return [];
  const line = lineOf(record, 'graph_roles');
  const client = record.identity.client_id ?? '<client-id>';
  return [
    {
      step: 'graph_permissions',
      title: 'Grant Microsoft Graph application permissions, with admin consent',
      state: stateOf(line, 'unchecked'),
      ...tell(line, { how: `az ad app permission admin-consent --id ${client}` }),
      portal:
        'App registrations > the app > API permissions > Add a permission > Microsoft Graph, then Grant admin consent',
    },
  ];
}
