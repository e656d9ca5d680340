import { z } from 'zod';
import { invalidArgument } from '../../core/base/errors.ts';
import { quoted } from '../../core/base/plain-text.ts';
import { conversion } from '../../core/service-connections/credential-rules.ts';
import type { ConversionOutcome } from '../../core/service-connections/service-connection.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { confirm, connection, listOf } from '../params.ts';
import { readProjectAddress } from '../pasted/service-connection-places.ts';
import { projectParams, serviceConnection } from './devops-params.ts';

/** In the order a reader needs: failures come first, in case the answer is cut. */
const outcomes: readonly ConversionOutcome['outcome'][] = [
  'unknown',
  'failed',
  'not_started',
  'converted',
  'reverted',
  'would_convert',
  'would_revert',
  'skipped',
];
const troubles = new Set(['unknown', 'failed', 'not_started']);
const successes = new Set(['converted', 'reverted', 'would_convert', 'would_revert']);

export const convertServiceConnection = defineTool({
  name: 'convert_service_connection',
  title: 'Convert service connections',
  description:
    'Switches Azure DevOps service connections (service endpoints) of pipelines from a client secret to workload identity federation (federated credentials, secretless), or back within seven days. ' +
    'Repeating it skips what is done.',
  toolset: 'devops',
  permissions: ['Administrator on the service connections; a personal access token needs vso.serviceendpoint_manage'],
  annotations: { ...destructive, idempotentHint: true },
  goesOn: 'always',
  checkWith: 'Look at list_service_connections; repeating the call skips what is done.',
  bindsConnection: true,
  readPasted: readProjectAddress,
  input: z.strictObject({
    connection,
    ...projectParams,
    ids: listOf(serviceConnection, 500).optional().describe('Ids or names; or all.'),
    all: z.boolean().optional().describe('All convertible ones.'),
    revert: z.boolean().optional().describe('Back to the secret.'),
    dry_run: z.boolean().optional(),
    confirm,
  }),
  async run({ organization: named, project: inProject, ids, all = false, revert, dry_run: dryRun }, context) {
    const { serviceConnections, guard, call } = context;
    checkChoice(ids, all);
    const input = { organization: named, project: inProject, ids, revert, dryRun };
    if (dryRun !== true) {
      const direction = revert === true ? 'back to their secrets' : 'to workload identity federation';
      const which = ids === undefined ? ['all that can be converted'] : ids.map((id) => quoted(id, 300));
      await guard.askForTask(
        {
          summary: `Convert service connections of the project ${quoted(inProject)} ${direction}`,
          details: which,
          covers: ['credential'],
        },
        call,
      );
    }
    const found = await serviceConnections.convert(input, call);
    const value = found.toSorted((one, other) => outcomes.indexOf(one.outcome) - outcomes.indexOf(other.outcome));
    if (dryRun === true) {
      const scheme = revert === true ? conversion.from : conversion.to;
      call.note(
        `Dry run: nothing was sent. Each conversion is one PUT of the connection with operation=ConvertAuthenticationScheme and authorization.scheme ${scheme}.`,
      );
    }
    if (value.length === 0) call.note('The project has no Azure service connections.');
    const success = !value.some(({ outcome }) => troubles.has(outcome));
    return {
      status: 200,
      success,
      isError: !success && !value.some(({ outcome }) => successes.has(outcome)),
      data: { summary: summaryOf(value), value },
      list: { count: value.length, complete: true },
    };
  },
});

function checkChoice(ids: readonly string[] | undefined, all: boolean): void {
  if ((ids !== undefined) === all) {
    throw invalidArgument(
      ids === undefined ? 'ids, all: pass one of them.' : 'ids, all: pass only one of them.',
      'Pass ids (ids or names from list_service_connections), or all: true for every convertible one; dry_run: true shows which.',
    );
  }
}

/** How many had each outcome. */
function summaryOf(value: readonly ConversionOutcome[]): Readonly<Record<string, number>> {
  const counts = outcomes.map((name) => [name, value.filter(({ outcome }) => outcome === name).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
