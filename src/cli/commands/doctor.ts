import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { operatorAt } from '../../core/base/authority.ts';
import { localCaller } from '../../core/base/caller.ts';
import { shownLine } from '../../core/base/clean-text.ts';
import { counted } from '../../core/base/counted.ts';
import type { ConnectionRecord } from '../../core/record/connection.ts';
import type { Config } from '../../runtime/config/config.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { openCallScope } from '../../server/call-scope.ts';
import { checkNetwork } from '../doctor/check-network.ts';
import { checkSecrets } from '../doctor/check-secrets.ts';
import { checkStorePlace } from '../doctor/check-store.ts';
import { type Finding, failure, finding } from '../doctor/finding.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { checkLines } from '../output/connection-text.ts';
import { formatOf, type OutputFlags } from '../output/output-format.ts';
import { showList } from '../output/show-list.ts';
import { startTenantry } from '../start-tenantry.ts';
import { within } from '../until.ts';
import { inspectFiles } from './doctor-files.ts';

const oldestNode = [22, 13] as const;

export interface DoctorFlags extends CommonFlags, OutputFlags {
  /** Validate every connection instead of reporting its last validation. */
  readonly validate?: boolean;
}

/**
 * `tenantry doctor`: checks everything that must be in place. Writes nothing, and talks to services only where it is asked
 * to validate the connections.
 */
export async function runDoctor(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const tenantry = await startTenantry(flags);
  const { runtime } = tenantry;
  const { config } = runtime;
  const findings = [checkNode(), ...(await checkNetwork(config.environment))];
  findings.push(...checkFiles(config), await checkHome(runtime));
  try {
    findings.push(checkConfiguration(runtime));
    findings.push(...(await checkStore(runtime, flags.validate === true ? signal : undefined)));
  } finally {
    await within(2_000, tenantry.close());
  }
  const shown = oncePerProblem(findings);
  const table = () => shown.flatMap((one) => checkLines({ ...one }).map(shownLine)).join('\n');
  process.stdout.write(`${await showList(formatOf(flags), { items: shown, json: { findings: shown }, table })}\n`);
  if (runtime.configurationError) return exitCodes.usage;
  return shown.some(({ status }) => status === 'fail') ? exitCodes.toolError : exitCodes.success;
}

/** What refuses the configuration may be what is wrong with a file, and a folder that others may write may also be read. */
function oncePerProblem(findings: readonly Finding[]): readonly Finding[] {
  const files = findings.filter(({ check }) => check === 'files');
  const pathOf = ({ hint = '' }: Finding) => hint.split(' ').at(-1);
  const isToldAgain = (one: Finding, { check, status, detail } = one) =>
    (check === 'configuration' && status === 'fail' && files.some((file) => file.detail === detail)) ||
    (check === 'files' &&
      status === 'warn' &&
      files.some((file) => file.status === 'fail' && pathOf(file) === pathOf(one))) ||
    (check === 'home' && status === 'warn' && files.some((file) => file.hint?.endsWith(detail.split(' ')[0] ?? '')));
  return findings.filter((one) => !isToldAgain(one));
}

function checkNode(): Finding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isRecent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isRecent
    ? finding('node', 'ok', node)
    : finding('node', 'fail', `${node} is too old`, `Install Node ${oldestNode.join('.')} or later.`);
}

function checkConfiguration({ config, configurationError }: Runtime): Finding {
  if (configurationError) return failure('configuration', configurationError);
  const { file, connections, readOnly } = config;
  const declared = counted(connections.length, 'declared connection');
  return finding('configuration', 'ok', `${file ?? 'no file'}, ${declared}${readOnly ? ', read-only' : ''}`);
}

async function checkHome({ config: { home } }: Runtime): Promise<Finding> {
  const found = await stat(home).catch(() => undefined);
  const place = found ? home : await nearestFolder(home);
  const isWritable = await access(place, constants.W_OK).then(
    () => true,
    () => false,
  );
  if ((await stat(place).catch(() => undefined))?.isDirectory() === false) {
    return finding('home', 'fail', `${place} is not a folder`, 'Name a folder with --home.');
  }
  if (!isWritable) {
    const detail = found ? `${home} cannot be written` : `${home} cannot be created: ${place} cannot be written`;
    return finding('home', 'fail', detail, 'Correct its owner, or use --home.');
  }
  if (!found) return finding('home', 'ok', `${home} does not exist yet; it is created when something is stored`);
  const isOpen = process.platform !== 'win32' && (found.mode & 0o077) !== 0;
  return isOpen
    ? finding('home', 'warn', `${home} can be read by others`, `Run chmod 700 ${home}.`)
    : finding('home', 'ok', home);
}

/** Owners and modes; where they are only reported, so they are here. */
function checkFiles(config: Config): Finding[] {
  return inspectFiles(config).map(({ isRefused, problem, fix }) =>
    finding('files', isRefused && config.homeCheck === 'refuse' ? 'fail' : 'warn', problem, fix),
  );
}

/** The nearest folder above a path that exists. */
async function nearestFolder(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await stat(above).catch(() => undefined)) ? above : nearestFolder(above);
}

/** With `signal`, validates the connections until it aborts. */
async function checkStore(runtime: Runtime, signal: AbortSignal | undefined): Promise<Finding[]> {
  if (runtime.configurationError) return [];
  try {
    const { found: place, isReadable } = await checkStorePlace(runtime);
    const { connections } = runtime;
    // Reading would make or update the tables, or fail for each thing once more.
    const records = await (isReadable ? connections.list(localCaller) : connections.declared());
    const damaged = isReadable ? await connections.damaged(localCaller) : [];
    const found = [
      ...place,
      ...(isReadable ? [finding('store', 'ok', counted(records.length, 'connection'))] : []),
      ...damaged.map(({ name, error }) => failure(`connection ${name}`, error)),
      ...(await checkSecrets(runtime, records, isReadable)),
    ];
    for (const record of records) {
      const isUsable = signal !== undefined && record.status === 'ready';
      found.push(
        isUsable ? await validate(record.name, runtime, signal) : checkConnection(record, runtime.clock.now()),
      );
    }
    return found;
  } catch (error) {
    return [failure('store', error)];
  }
}

function checkConnection(record: ConnectionRecord, now: number): Finding {
  const { name, status, health, secrets } = record;
  const check = `connection ${name}`;
  const broken = record.origin === 'declared' ? record.checks.find((one) => one.status === 'fail') : undefined;
  if (broken) return finding(check, 'fail', broken.detail, broken.hint);
  if (status !== 'ready') return finding(check, 'warn', status, `Run tenantry connections complete ${name} ….`);
  const expiring = secrets.find(({ expiresAt }) => expiresAt && Date.parse(expiresAt) < now + 30 * 86_400_000);
  if (expiring) {
    const detail = `its ${expiring.field} expires ${expiring.expiresAt}`;
    return finding(check, 'warn', detail, `Rotate it with tenantry connections complete ${name} ….`);
  }
  if (health === 'healthy') return finding(check, 'ok', `healthy, checked ${record.validatedAt}`);
  const hint = `Run tenantry connections validate ${name}.`;
  return finding(check, health === 'failing' ? 'fail' : 'warn', `health ${health}`, hint);
}

/** One line for a whole validation: the worst finding. */
async function validate(name: string, runtime: Runtime, signal: AbortSignal): Promise<Finding> {
  const check = `connection ${name}`;
  const scope = openCallScope({
    caller: localCaller,
    clock: runtime.clock,
    signal,
    timeMs: 120_000,
    clientRequestId: randomUUID(),
    authority: operatorAt('terminal'),
  });
  try {
    const { health, checks } = await runtime.connections.validate(name, undefined, localCaller, scope.call);
    const worst = checks.find(({ status }) => status === 'fail') ?? checks.find(({ status }) => status === 'warn');
    if (worst === undefined) return finding(check, 'ok', `${health}, ${counted(checks.length, 'check')}`);
    return finding(check, worst.status === 'fail' ? 'fail' : 'warn', `${worst.check}: ${worst.detail}`, worst.hint);
  } catch (error) {
    return failure(check, error);
  } finally {
    scope.end();
    scope.close();
  }
}
