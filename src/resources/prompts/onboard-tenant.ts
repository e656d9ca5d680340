import { quoted } from '../../core/base/plain-text.ts';
import { definePrompt, namesIn, type PromptValues, whereChecklistIs } from './define-prompt.ts';

export const onboardTenant = definePrompt({
  name: 'onboard_tenant',
  title: 'Onboard a tenant',
  description:
    'Sets up a connection to a tenant along its checklist, one step at a time, or goes on where it was left.',
  arguments: [
    {
      name: 'name',
      description: 'Name of the connection, a new one or one that was begun.',
      required: true,
      kind: 'connection',
    },
    { name: 'tenant_id', description: 'Directory (tenant) id or domain.', required: false, kind: 'text' },
    { name: 'subscription_id', description: 'Azure subscription, a GUID.', required: false, kind: 'subscription' },
    {
      name: 'workspace',
      description: 'Azure ML workspace that it is limited to: resource_group/workspace.',
      required: false,
      kind: 'workspace',
    },
  ],
  about: ({ name }) => namesIn(name),
  steps: (values) => {
    const name = quoted(values['name']);
    return [
      `Set up the Tenantry connection ${name}${placeOf(values)}.`,
      `Call list_connections. If ${name} is missing, call create_connection: access read_only unless I say otherwise, scopes for what I want to do (ask me)${values['workspace'] ? ', scope_level ml_workspace' : ''}.`,
      `Follow ${whereChecklistIs(values['name'])}. Take the steps that are not done in their order; show me commands and portal paths of a step to run, and wait for me.`,
      'Call complete_connection with the ids that I give you, and without the secret: a page asks me for it. Never ask for a secret in this conversation.',
      'Call validate_connection. For each check that does not pass, tell me its hint; when I have done it, validate again.',
      'End with what is done, what is open and who has to do it.',
    ];
  },
});

function placeOf({ tenant_id: tenant, subscription_id: subscription, workspace }: PromptValues): string {
  const [group, name] = workspace?.split('/') ?? [];
  return [
    tenant && ` to the tenant ${quoted(tenant)}`,
    subscription && `, subscription_id ${quoted(subscription)}`,
    group && `, resource_group ${quoted(group)}`,
    name && `, workspace_name ${quoted(name)}`,
  ]
    .filter(Boolean)
    .join('');
}
