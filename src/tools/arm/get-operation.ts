import { z } from 'zod';
import { invalidArgument } from '../../core/base/errors.ts';
import { mayUseAll } from '../../core/connections/may-use.ts';
import { keyOfNames, readConnectionNames } from '../../core/record/connection-names.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { endOfOperation, followOperation, lookAtJob, lookAtOperation, stillRunning } from '../operation-outcome.ts';
import { connectionNames, shortText } from '../params.ts';

export const getOperation = defineTool({
  name: 'get_operation',
  title: 'State of an operation',
  description:
    'Checks how far a long-running operation or asynchronous job is, such as a deployment or conversion, and returns its status, or the result once it has finished. ' +
    'A failed one is an error.',
  toolset: 'arm',
  // Every toolset has something that may outlive a call.
  alsoIn: ['connections', 'graph', 'ml', 'devops'],
  permissions: ['Those of the write that started it'],
  annotations: readOnly,
  // The rest of a call may belong to a connection that is not ready yet.
  bindsConnection: false,
  input: z.strictObject({
    connection: connectionNames.describe('As in that call.'),
    operation: shortText(20_000).describe('response.data.operation of an unfinished answer.'),
    wait: z.boolean().optional().describe('Wait for its end. Default false.'),
  }),
  async run({ connection: name, operation: handle, wait = false }, context) {
    const { handles, jobs, caller, connections, call, clock } = context;
    const named = readConnectionNames(name);
    if (named.kind !== 'one') {
      const job = await jobs.open(handle, caller.id, keyOfNames(named));
      if (job !== undefined && (await mayUseAll(job.reads ?? [], caller, connections))) {
        return lookAtJob(job, handle, { wait, call, clock });
      }
      throw invalidArgument(
        'operation: it belongs to one connection.',
        'Pass the name of the connection whose answer had the handle.',
      );
    }
    const record = await connections.get(name, caller);
    const job = await jobs.open(handle, caller.id, record.id);
    if (job !== undefined) return lookAtJob(job, handle, { wait, call, clock });
    const known = await handles.open(handle, caller.id, record.id);
    const bound = await context.bind(name);
    const view = await (wait ? followOperation(known, bound) : lookAtOperation(known, bound));
    if (view.status !== 'running') return endOfOperation(view);
    const { operation } = view;
    // The service may have named another address to look at.
    const isSame = operation.pollUrl === known.pollUrl && operation.pollKind === known.pollKind;
    return stillRunning(isSame ? handle : await bound.handleOf(operation), view);
  },
});
