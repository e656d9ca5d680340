import type { ConnectionRecord } from '../../record/connection.ts';
import { azureSteps } from './azure-steps.ts';
import { type Checklist, type ChecklistStep, lineOf, stateOf, tell } from './checklist.ts';
import { graphSteps } from './graph-steps.ts';
import { identitySteps } from './identity-steps.ts';

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
  const { how: _how, portal: _portal, commands: _commands, ...rest } = step;
  return rest;
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
    commands: [`tenantry connections validate ${record.name}`],
  };
}
