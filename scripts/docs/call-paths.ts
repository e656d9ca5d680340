import { Session } from 'node:inspector/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTenantry } from '../../src/cli/start-tenantry.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { tools } from '../../src/tools/registry.ts';
import { floors } from '../floors.ts';

// The files that a call passes through: those in which V8 counts a function that runs while the call is answered against
// the sandbox. It is the second call of its kind in its process, so that one-time set-up does not count.

type Arguments = Readonly<Record<string, unknown>>;

interface Example {
  readonly tool: string;
  /** Calls that make what the example needs. */
  readonly before?: readonly { readonly tool: string; readonly input: Arguments }[];
  /** Arguments of the first and of the second call. */
  input(round: number, identity: Arguments): Arguments;
}

const examples: readonly Example[] = [
  {
    tool: 'graph_query',
    input: () => ({
      connection: 'sandbox',
      endpoint: '/users',
      // One page: what a link to the next one looks like differs from run to run.
      params: { $top: 100, $filter: "startswith(displayName,'A')" },
    }),
  },
  {
    tool: 'complete_connection',
    before: [{ tool: 'create_connection', input: { name: 'made', cloud: 'sandbox' } }],
    input: (_round, { tenant_id, client_id }) => ({
      connection: 'made',
      tenant_id,
      client_id,
      client_secret: 'abc~0123456789abcdefghijklmnopqrstuvwx',
    }),
  },
  {
    tool: 'create_service_connection',
    input: (round) => ({
      connection: 'sandbox',
      project: 'Payments',
      name: `path-${round}`,
      scheme: 'WorkloadIdentityFederation',
      automatic: true,
    }),
  },
];

/** One list for each example, floor by floor from the top. */
export async function callPaths(root: URL): Promise<string> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  const parts: string[] = [];
  for (const example of examples) {
    const files = await filesOf(example, session, fileURLToPath(root));
    parts.push(`**${example.tool}** (${files.length} files)\n\n${byFloor(files)}`);
  }
  session.disconnect();
  return parts.join('\n\n');
}

async function filesOf(
  { tool, before = [], input }: Example,
  session: Session,
  root: string,
): Promise<readonly string[]> {
  const tenantry = await startTenantry({ sandbox: true, logLevel: 'silent' });
  const call = async (name: string, args: Arguments) => {
    const definition = tools.find((one) => one.name === name);
    if (definition === undefined) throw new Error(`There is no tool ${name}.`);
    const options = { caller: localCaller, signal: new AbortController().signal };
    const { isError, text } = await runTool(definition, args, options, tenantry.runtime);
    if (isError) throw new Error(`${name} failed: ${text}`);
    // The line of the audit log is made after the answer; it belongs to its own call.
    await tenantry.runtime.audit.handedOver();
  };
  try {
    const identity = { ...tenantry.runtime.declared[0]?.identity };
    for (const one of before) await call(one.tool, one.input);
    await call(tool, input(1, identity));
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    await session.post('Profiler.takePreciseCoverage');
    await call(tool, input(2, identity));
    const { result } = await session.post('Profiler.takePreciseCoverage');
    await session.post('Profiler.stopPreciseCoverage');
    // The function from the first character on is the module itself, which only ran when it was loaded.
    const passed = result.filter(({ functions }) =>
      functions.some(({ ranges: [range] }) => range !== undefined && range.startOffset > 0 && range.count > 0),
    );
    return passed
      .filter(({ url }) => url.startsWith('file:'))
      .map(({ url }) => relative(root, fileURLToPath(url)))
      .filter((file) => /^src\/(?!sandbox\/|cli\/)/.test(file) && !ofSandbox.test(file))
      .sort();
  } finally {
    await tenantry.close();
  }
}

/** What the sandbox authorizes by: a call that succeeds does not pass through it. */
const ofSandbox = /^src\/core\/apis\/graph\/(?:catalog\/|explain\/is-enough)/;

function byFloor(files: readonly string[]): string {
  const lines = floors.flatMap(({ rooms }) =>
    rooms.flatMap((room) => {
      const inner = floors.flatMap((floor) => floor.rooms).filter((other) => other !== room && other.startsWith(room));
      const own = files.filter((file) => file.startsWith(room) && !inner.some((other) => file.startsWith(other)));
      const names = own.map((file) => `\`${file.slice(room.length).replace(/\.ts$/, '')}\``);
      return names.length === 0 ? [] : [`- ${room.replace(/^src\//, '')}: ${names.join(', ')}`];
    }),
  );
  return lines.join('\n');
}
