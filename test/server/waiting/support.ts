import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import { onTestFinished } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { delay } from '../../../src/core/base/delay.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { runTool, type ToolCallOptions } from '../../../src/server/run-tool.ts';
import { tools as allTools } from '../../../src/tools/registry.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { type Answer, openSandboxTools, type SandboxToolsOptions } from '../../support/sandbox-tools.ts';

type Input = Readonly<Record<string, unknown>>;

/** A tenant that answers when the test lets it, and the processes that use it. */
export async function openSlowTenant(options: SandboxToolsOptions = {}) {
  /** How long the service takes, in milliseconds of fake time; `Infinity` for an answer that never comes. */
  const slow: { takes: (request: Pick<PipelineRequest, 'method' | 'url'>) => number } = { takes: () => 0 };
  const watch = (client: HttpClient): HttpClient => ({
    async sendRequest(request) {
      const answer = await client.sendRequest(request);
      const isSignIn = /oauth2/.test(request.url);
      const ms = isSignIn ? 0 : slow.takes(request);
      if (ms === Number.POSITIVE_INFINITY) await new Promise(() => undefined);
      if (ms > 0) await delay(ms, request.abortSignal as AbortSignal | undefined);
      return answer;
    },
  });
  const tools = await openSandboxTools({ ...options, watch });
  onTestFinished(() => tools.close());
  // What is loaded and opened by the first call takes real time, which fake time would overtake.
  await tools.call('arm_write', { method: 'PUT', path: 'resourceGroups/rg-warm', body: { location: 'westeurope' } });
  await tools.call('graph_write', { requests: [{ method: 'DELETE', endpoint: '/groups/none' }] });
  await tools.call('get_operation', { operation: 'job.none' });
  await tools.call('arm_write', { method: 'DELETE', path: 'resourceGroups/rg-warm', wait: false });
  tools.forget();
  fakeTime();
  const call = async (
    runtime: Runtime,
    name: string,
    input: Input,
    more: Partial<ToolCallOptions> = {},
  ): Promise<Answer & { readonly tookMs: number }> => {
    const tool = allTools.find((one) => one.name === name);
    if (tool === undefined) throw new Error(`There is no tool ${name}.`);
    const startedAt = Date.now();
    const { signal } = new AbortController();
    const { isError, text } = await runTool(
      tool,
      { connection: 'sandbox', ...input },
      { caller: localCaller, signal, ...more },
      runtime,
    );
    return { isError, text, ...JSON.parse(text), tookMs: Date.now() - startedAt };
  };
  return {
    tools,
    slow,
    /** A call of this process, with time passing. */
    call: (name: string, input: Input, more?: Partial<ToolCallOptions>) =>
      passTime(call(tools.runtime, name, input, more)),
    /** The same without time passing by itself. */
    start: (name: string, input: Input, more?: Partial<ToolCallOptions>) => call(tools.runtime, name, input, more),
    /** Another process on the same home. */
    another() {
      const { config, declared } = tools.runtime;
      const [connection] = declared;
      if (connection === undefined) throw new Error('The sandbox has no connection.');
      const { cloud, clock, httpClient } = tools.sandbox;
      const embedded = { httpClient: watch(httpClient), cloud, clock, connection };
      const runtime = createRuntime({ config, version: '0.0.0', embedded });
      onTestFinished(() => runtime.close());
      const start = (name: string, input: Input, more?: Partial<ToolCallOptions>) => call(runtime, name, input, more);
      return { runtime, start, call: (...args: Parameters<typeof start>) => passTime(start(...args)) };
    },
    /** What was written, as `METHOD path`. */
    writes: () =>
      tools
        .seen()
        .filter(({ service, method }) => ['graph', 'arm', 'devops'].includes(service) && method !== 'GET')
        .map(({ method, url }) => `${method} ${url.split('?')[0]}`),
    /** Lets time pass until something has happened. */
    async until(isSo: () => boolean): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => (isSo() ? resolve() : void setTimeout(look, 5));
      look();
      await passTime(promise);
    },
  };
}
