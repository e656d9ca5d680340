import { startTenantry } from '../../src/cli/start-tenantry.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { runTool } from '../../src/server/run-tool.ts';
import type { Product } from './run-task.ts';
import type { Stage } from './stage.ts';

/** The product inside this process, as an agent on stdio would find it: for tests, which need no build. */
export async function startInProcess({ home }: Stage): Promise<Product> {
  const { runtime, tools, close } = await startTenantry({ home, logLevel: 'silent' });
  const signal = new AbortController().signal;
  return {
    async call(name, args) {
      const tool = tools.callable.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`There is no tool ${name}.`);
      const { isError, text } = await runTool(tool, args, { caller: localCaller, channel: 'stdio', signal }, runtime);
      return { isError, text };
    },
    close,
  };
}
