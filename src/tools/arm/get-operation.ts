import { z } from 'zod';
import { defineTool, readOnly } from '../define-tool.ts';
import {
  describeOperation,
  failedOperation,
  followOperation,
  lookAtOperation,
  runningOutcome,
} from '../operation-outcome.ts';
import { connection, shortText } from '../params.ts';

export const getOperation = defineTool({
  name: 'get_operation',
  title: 'State of an operation',
  description:
    'Returns the state of a long-running operation, and its result once it has succeeded. A failed one is an error.',
  toolset: 'arm',
  permissions: ['Those of the write that started it'],
  annotations: readOnly,
  bindsConnection: true,
  input: z.strictObject({
    connection,
    operation: shortText(20_000).describe('From arm_write or graph_write.'),
    wait: z.boolean().optional().describe('Wait for its end. Default false.'),
  }),
  async run({ operation: handle, wait = false }, context) {
    const { handles, caller, record } = context;
    const known = await handles.open(handle, caller, record.id);
    const view = await (wait ? followOperation(known, context) : lookAtOperation(known, context));
    const { status, operation, percentComplete, result } = view;
    if (status === 'running') return runningOutcome(operation, { percentComplete }, context);
    if (status !== 'succeeded') throw await failedOperation(view);
    return { status: 200, data: { status, ...describeOperation(operation), result: result ?? null } };
  },
});
