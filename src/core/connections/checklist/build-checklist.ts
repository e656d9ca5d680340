import { type AuthType, authRequirements, type ConnectionRecord } from '../../record/connection.ts';
import { grantPath } from '../checks/graph-roles.ts';
import { azureSteps } from './azure-steps.ts';
import { type Checklist, type ChecklistStep, isTrouble, lineOf, stateOf, tell } from './checklist.ts';

/** The setup of a connection as a list, from its record and its last checks: reading it asks no service. */
export function buildChecklist(record: ConnectionRecord): Checklist {
  const steps = [
    ...identitySteps(record),
    ...graphSteps(record),
    ...azureSteps(record),
    ...devopsSteps(record),
    validationStep(record),
  ].map(withoutHowWhenDone);
  const next = steps.find(({ state }) => state === 'open' || state === 'attention') ?? steps.find(isUnfinished);
  return {
    connection: record.name,
    status: record.status,
    health: record.health,
    ...(record.validatedAt === undefined ? {} : { checked_at: record.validatedAt }),
    done: steps.filter(({ state }) => state === 'done').length,
    open: steps.filter(isUnfinished).length,
    ...(next === undefined ? {} : { next: next.title }),
    steps,
  };
}

function isUnfinished({ state }: ChecklistStep): boolean {
  return state !== 'done';
}

function withoutHowWhenDone(step: ChecklistStep): ChecklistStep {
  if (step.state !== 'done') return step;
  const { how: _how, portal: _portal, ...rest } = step;
  return rest;
}

/** Sign-ins where the identity is the machine's or a person's: there is no app to register. */
const withoutApp: readonly AuthType[] = ['managed_identity', 'azure_cli', 'default', 'bearer'];

const credentialsPath = 'App registrations > the app > Certificates & secrets';
const clientSecretGuide = { title: 'Create a client secret', portal: `${credentialsPath} > New client secret` };

const credentialGuides: Readonly<Partial<Record<AuthType, Pick<ChecklistStep, 'title' | 'portal'>>>> = {
  azure: clientSecretGuide,
  on_behalf_of: clientSecretGuide,
  certificate: { title: 'Upload a certificate', portal: `${credentialsPath} > Certificates` },
  workload_identity: { title: 'Add a federated credential', portal: `${credentialsPath} > Federated credentials` },
  bearer: { title: 'Supply a token', portal: 'complete_connection with token' },
};

/** The app and its credential. */
function identitySteps(record: ConnectionRecord): readonly ChecklistStep[] {
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
function graphSteps(record: ConnectionRecord): readonly ChecklistStep[] {
  if (!record.scopes.includes('directory')) return [];
  const line = lineOf(record, 'graph_roles');
  const client = record.identity.client_id ?? '<client-id>';
  return [
    {
      step: 'graph_permissions',
      title: 'Grant Microsoft Graph application permissions, with admin consent',
      state: stateOf(line, 'unchecked'),
      ...tell(line, { how: `az ad app permission admin-consent --id ${client}` }),
      portal: grantPath,
    },
  ];
}

function devopsSteps(record: ConnectionRecord): readonly ChecklistStep[] {
  if (!record.scopes.includes('devops')) return [];
  const line = lineOf(record, 'devops');
  return [
    {
      step: 'devops_organization',
      title: 'Add the identity to the Azure DevOps organization',
      state: record.identity.organization === undefined ? 'open' : stateOf(line, 'unchecked'),
      ...tell(line, {}),
      portal: 'Azure DevOps > Organization settings > Users > Add users',
    },
  ];
}

function validationStep(record: ConnectionRecord): ChecklistStep {
  const states = { healthy: 'done', degraded: 'attention', failing: 'open', unknown: 'unchecked' } as const;
  return {
    step: 'validate',
    title: 'Validate the connection',
    state: record.validatedAt === undefined ? 'open' : states[record.health],
    detail: record.validatedAt === undefined ? 'It has not been validated.' : `It is ${record.health}.`,
    how: `tenantry connections validate ${record.name}`,
  };
}
