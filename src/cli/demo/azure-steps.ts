import { isRecord } from '../../core/base/guards.ts';
import type { AnswerView } from '../output/answer-view.ts';
import { cutLine } from '../output/text-table.ts';
import { checkLines, type DemoStep, promise } from './demo-step.ts';

/** Declared in the demo's configuration file: the identity that manages the subscription. */
export const azureConnection = 'contoso_azure';
/** Also declared: an identity that sees the subscription but lacks the roles for its data. */
export const reportsConnection = 'contoso_reports';

const group = 'rg-contoso-web';
const account = 'stcontosoweb';
/** Storage Blob Data Reader. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage */
const blobReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1';
const assignmentName = '5a11d0c5-7e4a-4c0d-8b0a-de3000000001';

const lookingSteps: readonly DemoStep[] = [
  {
    title: 'Read Azure without knowing an api-version',
    why: 'Every resource type has its own versions. Tenantry looks up the newest stable one once, and the answer names it.',
    tool: 'arm_query',
    args: (memory) => ({
      connection: azureConnection,
      path: accountPath(memory),
      project: '{name: name, sku: sku.name}',
    }),
    tell: (answer) => {
      promise(answer.at('response.data.name') === account, 'the storage account was not read');
      promise(
        answer.notes().some((note) => note.includes('api-version')),
        'the api-version was not noted',
      );
      return [JSON.stringify(answer.at('response.data')), ...answer.notes()];
    },
  },
  {
    title: 'Ask every subscription at once',
    why: 'Resource Graph answers KQL over all subscriptions of a management group.',
    tool: 'resource_graph_query',
    args: () => ({
      connection: azureConnection,
      management_groups: ['mg-contoso'],
      query: 'resources | summarize resources = count() by subscriptionId | order by resources desc',
    }),
    tell: (answer) => {
      const rows = answer.list('response.data.value');
      promise(rows.length === 2, `expected two subscriptions, got ${rows.length}`);
      return rows.map((row) => JSON.stringify(row));
    },
  },
];

const roleSteps: readonly DemoStep[] = [
  {
    title: 'A linked service that works',
    why: 'Seeing a storage account is not the same as reading its blobs. The probe tries it stage by stage, with the smallest read.',
    tool: 'list_linked_services',
    args: () => ({ connection: azureConnection, services: ['blob'], probe: true }),
    tell: (answer) => {
      promise(accountAt(answer)['usable'] === true, `${account} cannot be used`);
      return stageLines(answer);
    },
  },
  {
    title: 'One that lacks its role',
    why: 'Another identity sees the same account. Reader, even Owner, does not open its data: the probe names the role and the command.',
    tool: 'list_linked_services',
    // A new role reaches the data planes some minutes later, which the next steps show.
    prepare: (sandbox) => sandbox.placeObject('arm', 'rolePropagation', { seconds: 300 }),
    args: () => ({ connection: reportsConnection, services: ['blob'], probe: true }),
    tell: (answer, memory) => {
      const { usable, stages } = accountAt(answer);
      promise(usable === false, `${account} can be used without a role`);
      const hint = String(stageOf(stages, 'authorize')['hint']);
      const [, objectId] = /--assignee-object-id ([0-9a-f-]{36})/.exec(hint) ?? [];
      promise(objectId !== undefined, 'the hint does not say who needs the role');
      memory.set('reportsId', String(objectId));
      return [...stageLines(answer), `hint: ${hint}`];
    },
  },
  {
    title: 'Assign a role',
    why: 'An identity that may assign roles gives the other one what its reports need: read access. The dry run shows what would be sent.',
    tool: 'arm_write',
    args: (memory) => ({ ...assignment(memory), dry_run: true }),
    tell: (answer) => {
      promise(answer.at('response.success') === true, 'the dry run failed');
      return [cutLine(JSON.stringify(answer.at('response.data')), 200)];
    },
  },
  {
    title: 'Now for real',
    why: 'The same call without dry_run.',
    tool: 'arm_write',
    args: (memory) => assignment(memory),
    tell: (answer) => {
      promise(answer.at('response.status') === 201, 'the role was not assigned');
      return [`status: ${answer.text('response.status')}`, answer.text('response.data.id')];
    },
  },
  {
    title: 'Not effective yet',
    why: 'A new role takes minutes to reach the data planes. That is not a failure: the probe sees the assignment and says to wait.',
    tool: 'list_linked_services',
    args: () => ({ connection: reportsConnection, services: ['blob'], probe: true }),
    tell: (answer) => {
      const stage = stageOf(accountAt(answer)['stages'], 'authorize');
      promise(stage['status'] === 'warn', 'the refusal was not attributed to the new role');
      return [...stageLines(answer), `hint: ${String(stage['hint'])}`];
    },
  },
  {
    title: 'Five minutes later',
    why: 'The clock of the sandbox is moved forward, so that you do not have to wait.',
    tool: 'list_linked_services',
    prepare: (sandbox) => sandbox.advance(300),
    args: () => ({ connection: reportsConnection, services: ['blob'], probe: true }),
    tell: (answer) => {
      promise(accountAt(answer)['usable'] === true, `${account} cannot be used yet`);
      return stageLines(answer);
    },
  },
  {
    title: 'What is still missing',
    why: 'Validation compares the roles with what the connection is for, tries its linked services, and says how to fix each failure.',
    tool: 'validate_connection',
    args: () => ({ connection: reportsConnection, checks: ['subscription', 'role_assignments', 'data_plane'] }),
    tell: (answer) => {
      const checks = answer.records('response.data.checks');
      const used = checks.find(({ check }) => check === `data_plane.blob.${account}`);
      promise(used?.['status'] === 'pass', 'the repaired service does not pass');
      promise(
        checks.every(({ status, hint }) => status !== 'fail' || typeof hint === 'string'),
        'a failing check does not say what to do',
      );
      return [...checkLines(checks), `the whole checklist is at tenantry://checklist/${reportsConnection}`];
    },
  },
];

/** The part of the tour about Azure, in order. */
export const azureSteps: readonly DemoStep[] = [...lookingSteps, ...roleSteps];

function accountPath(memory: ReadonlyMap<string, string>): string {
  return `/subscriptions/${memory.get('subscriptionId')}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${account}`;
}

function assignment(memory: ReadonlyMap<string, string>): Record<string, unknown> {
  const definitions = `/subscriptions/${memory.get('subscriptionId')}/providers/Microsoft.Authorization/roleDefinitions`;
  return {
    connection: azureConnection,
    method: 'PUT',
    path: `${accountPath(memory)}/providers/Microsoft.Authorization/roleAssignments/${assignmentName}`,
    body: {
      properties: {
        roleDefinitionId: `${definitions}/${blobReader}`,
        principalId: memory.get('reportsId'),
        principalType: 'ServicePrincipal',
      },
    },
  };
}

/** The storage account that the steps are about. */
function accountAt(answer: AnswerView): Readonly<Record<string, unknown>> {
  const found = answer.records('response.data.value.0.resources').find(({ name }) => name === account);
  promise(found !== undefined, `${account} was not found`);
  return found ?? {};
}

function stageOf(stages: unknown, name: string): Record<string, unknown> {
  const found = Array.isArray(stages) ? stages.find((one) => isRecord(one) && one['stage'] === name) : undefined;
  return isRecord(found) ? found : {};
}

/** What the probe says about the account: that it can be used, or the stages that stand in the way. */
function stageLines(answer: AnswerView): string[] {
  const { usable, stages } = accountAt(answer);
  return usable === true
    ? [`${account} can be used`]
    : checkLines(Array.isArray(stages) ? stages.filter(isRecord) : []);
}
