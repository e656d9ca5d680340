import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agentTasksBench } from './agent-tasks.ts';
import { armBucketsBench } from './arm-buckets.ts';
import { batchBench } from './batch.ts';
import { coldStartBench } from './cold-start.ts';
import { httpCallBench } from './http-call.ts';
import { listUsersBench } from './list-users.ts';
import { memoryBench } from './memory.ts';
import { perCallBench } from './per-call.ts';
import { sizeBench } from './size.ts';
import { bundleBareServers } from './support/bare-servers.ts';
import type { Bench, BenchContext } from './support/bench.ts';
import { ChildProcesses } from './support/child-processes.ts';
import { type BenchReport, describeMachine, formatReport, writeResults } from './support/report.ts';
import { throttledBench } from './throttled.ts';

const benches: readonly Bench[] = [
  coldStartBench,
  memoryBench,
  perCallBench,
  httpCallBench,
  listUsersBench,
  batchBench,
  throttledBench,
  armBucketsBench,
  sizeBench,
  agentTasksBench,
];

const usage = `Usage: npm run bench -- [--only name]... [--quick] [--cli file]

  --only name  one of: ${benches.map(({ name }) => name).join(', ')}; may be repeated
  --quick      fewer repetitions: for a look, not for figures to quote
  --cli file   another build than dist/cli.js, to compare two of them

A whole run of dist/cli.js writes bench/results.json, and agent-tasks its own agent-tasks.json. Exit code 1 means a wrong result; slow is never wrong.`;

/** A bench that takes longer than this is stuck. */
const benchTimeoutMs = 15 * 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      cli: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only.find((name) => benches.every((bench) => bench.name !== name));
  if (values.help || unknown !== undefined) {
    console.log(unknown === undefined ? usage : `There is no bench "${unknown}".\n\n${usage}`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const cli = resolve(values.cli ?? fileURLToPath(new URL('../dist/cli.js', import.meta.url)));
  if (!existsSync(cli)) throw new Error('Run `npm run build` first.');
  const chosen = benches.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
  const machine = describeMachine();
  console.log(`${machine['cores']} cores, ${machine['cpu']}, Node ${machine['node']}, load ${machine['loadBefore']}\n`);
  const keepsResults = !values.quick && values.cli === undefined;
  const reports = await runAll(chosen, { quick: values.quick, cli, keepsResults });
  if (reports.some(({ failure }) => failure !== undefined)) {
    process.exitCode = 1;
  } else if (chosen.length === benches.length && keepsResults) {
    writeResults(new URL('results.json', import.meta.url), machine, reports);
    console.log('Written to bench/results.json.');
  }
}

async function runAll(
  chosen: readonly Bench[],
  options: Pick<BenchContext, 'quick' | 'cli' | 'keepsResults'>,
): Promise<BenchReport[]> {
  const tempDir = mkdtempSync(join(tmpdir(), 'tenantry-bench-'));
  const processes = new ChildProcesses();
  const stop = () => process.exit(130);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.once('exit', () => {
    processes.killAll();
    rmSync(tempDir, { recursive: true, force: true });
  });
  const say = (text: string) => console.error(`  ... ${text}`);
  const bareServers = await bundleBareServers(tempDir);
  const context: BenchContext = { ...options, tempDir, processes, bareServers, say };
  const reports: BenchReport[] = [];
  for (const bench of chosen) {
    const report = await runOne(bench, context);
    console.log(`${formatReport(report)}\n`);
    reports.push(report);
    processes.killAll(); // what a failed bench left behind
  }
  return reports;
}

async function runOne({ name, title, run }: Bench, context: BenchContext): Promise<BenchReport> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error('The bench is stuck.')), benchTimeoutMs);
  try {
    return { name, title, figures: await Promise.race([run(context), timeout.promise]) };
  } catch (error) {
    return { name, title, figures: [], failure: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

await main();
