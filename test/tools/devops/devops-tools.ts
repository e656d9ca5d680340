import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import {
  type Answer,
  type CallOptions,
  openSandboxTools,
  type SandboxTools,
  type SandboxToolsOptions,
} from '../../support/sandbox-tools.ts';

/** One line of an answer; tests read single fields. */
// biome-ignore lint/suspicious/noExplicitAny: the shape differs from tool to tool
export type Row = any;

export interface DevOpsTools {
  readonly tools: SandboxTools;
  /** Calls a tool in the project Payments of contoso, unless the input says otherwise, to its end; waits pass at once. */
  call(tool: string, input?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Answer>;
  /** The seeded tenant, and a new process. */
  startOver(): Promise<void>;
  /** Requests to Azure DevOps since the last test began, as `METHOD path?query`. */
  requests(): readonly string[];
}

/** The tools for the tests of a file, with a clock that passes only while something waits. */
export function useDevOpsTools(options: SandboxToolsOptions = {}): DevOpsTools {
  let tools: SandboxTools;
  const place = { organization: 'contoso', project: 'Payments' };
  beforeAll(async () => {
    tools = await openSandboxTools(options);
    // What is loaded by the first call takes real time, in which no other may pass.
    await tools.call('list_service_connections', place);
    fakeTime();
    tools.sandbox.reset();
    tools.forget();
  });
  const startOver = async () => {
    fakeTime();
    tools.sandbox.reset();
    // The clock goes back to its start: a process that remembers pauses would wait for a time that was.
    await passTime(tools.restart());
    tools.forget();
  };
  afterEach(startOver);
  afterAll(async () => {
    vi.useRealTimers();
    await tools.close();
  });
  return {
    get tools() {
      return tools;
    },
    async call(tool, input = {}, callOptions = {}) {
      fakeTime();
      const answer = await passTime(tools.call(tool, { ...place, ...input }, callOptions));
      const { status, operation } = answer.response.data ?? {};
      if (status !== 'running') return answer;
      const ended = await passTime(tools.call('get_operation', { operation, wait: true }));
      const { response } = ended;
      return { ...ended, response: { ...response, ...(response.data ? { data: response.data.result } : {}) } };
    },
    startOver,
    requests: () =>
      tools.seen().flatMap(({ service, method, url }) => (service === 'devops' ? [`${method} ${url}`] : [])),
  };
}
