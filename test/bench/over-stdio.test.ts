import { expect, test } from 'vitest';
import { startInProcess } from '../../bench/agent-tasks/in-process-product.ts';
import { runTask } from '../../bench/agent-tasks/run-task.ts';
import { startOverStdio } from '../../bench/agent-tasks/stdio-product.ts';
import { globalAdministrators } from '../../bench/agent-tasks/tasks/directory.ts';
import { restoring } from '../../bench/agent-tasks/tasks/lifecycle.ts';
import { cliPath } from '../e2e/support/product.ts';

test.each([globalAdministrators, restoring])('$name costs the same over stdio as in process', async (task) => {
  const inProcess = await runTask(task, startInProcess);
  expect(await runTask(task, (stage) => startOverStdio(cliPath, stage))).toEqual(inProcess);
});
