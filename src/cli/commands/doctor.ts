import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { counted } from '../../core/base/counted.ts';
import { AppError } from '../../core/base/errors.ts';
import type { ConnectionRecord } from '../../core/record/connection.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { openCallScope } from '../../server/call-scope.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { startTenantry } from '../start-tenantry.ts';
import { untilSignal, within } from '../until.ts';

interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly hint?: string;
}

const oldestNode = [22, 13] as const;

export interface DoctorFlags extends CommonFlags {
  readonly json?: boolean;
  /** Validate every connection instead of telling how its last validation ended. */
  readonly validate?: boolean;
}

/**
 * `tenantry doctor`: looks at everything that must be in place. Writes nothing and talks to no service, unless it is
 * asked to validate the connections.
 */
export async function runDoctor(flags: DoctorFlags): Promise<number> {
  const tenantry = await startTenantry(flags);
  const { runtime } = tenantry;
  const stop = untilSignal();
  const findings = [checkNode(), checkConfiguration(runtime), await checkHome(runtime)];
  try {
    findings.push(...(await checkStore(runtime, flags.validate === true ? stop.signalled : undefined)));
  } finally {
    await within(2_000, tenantry.close());
    stop.forget();
  }
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ findings })}\n`);
  } else {
    for (const { check, status, detail, hint } of findings) {
      process.stdout.write(`${status.padEnd(4)}  ${check}: ${detail}\n${hint ? `      ${hint}\n` : ''}`);
    }
  }
  return findings.some(({ status }) => status === 'fail') ? exitCodes.toolError : exitCodes.success;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const recent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return recent
    ? { check: 'node', status: 'ok', detail: process.versions.node }
    : {
        check: 'node',
        status: 'fail',
        detail: `${process.versions.node} is too old`,
        hint: `Install Node ${oldestNode.join('.')} or later.`,
      };
}

function checkConfiguration({ config, configurationError }: Runtime): Finding {
  if (configurationError) return failure('configuration', configurationError);
  const { file, connections, readOnly } = config;
  const source = file ?? 'no file';
  const mode = readOnly ? ', read-only' : '';
  return {
    check: 'configuration',
    status: 'ok',
    detail: `${source}, ${counted(connections.length, 'declared connection')}${mode}`,
  };
}

async function checkHome({ config: { home } }: Runtime): Promise<Finding> {
  const found = await stat(home).catch(() => undefined);
  const place = found ? home : await nearestFolder(home);
  const writable = await access(place, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!found && writable) {
    return { check: 'home', status: 'ok', detail: `${home} does not exist yet; it is made when something is stored` };
  }
  if (found && !found.isDirectory()) {
    return { check: 'home', status: 'fail', detail: `${home} is not a folder`, hint: 'Name a folder with --home.' };
  }
  if (!found || !writable) {
    return {
      check: 'home',
      status: 'fail',
      detail: found ? `${home} cannot be written` : `${home} cannot be made, since ${place} cannot be written`,
      hint: 'Correct its owner, or use --home.',
    };
  }
  const open = process.platform !== 'win32' && (found.mode & 0o077) !== 0;
  return open
    ? { check: 'home', status: 'warn', detail: `${home} can be read by others`, hint: `Run chmod 700 ${home}.` }
    : { check: 'home', status: 'ok', detail: home };
}

/** The nearest folder above a path that exists. */
async function nearestFolder(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await stat(above).catch(() => undefined)) ? above : nearestFolder(above);
}

/** With `interrupted`, connections are validated until it resolves. */
async function checkStore(runtime: Runtime, interrupted: Promise<unknown> | undefined): Promise<Finding[]> {
  if (runtime.configurationError) return [];
  try {
    const records = await runtime.connections.list('local');
    const found: Finding[] = [{ check: 'store', status: 'ok', detail: counted(records.length, 'connection') }];
    for (const record of records) {
      const isUsable = interrupted !== undefined && record.status === 'ready';
      found.push(
        isUsable ? await validate(record.name, runtime, interrupted) : checkConnection(record, runtime.clock.now()),
      );
    }
    return found;
  } catch (error) {
    return [failure('store', error)];
  }
}

function checkConnection(record: ConnectionRecord, now: number): Finding {
  const check = `connection ${record.name}`;
  const broken = record.origin === 'declared' ? record.checks.find(({ status }) => status === 'fail') : undefined;
  if (broken) return { check, status: 'fail', detail: broken.detail, ...(broken.hint ? { hint: broken.hint } : {}) };
  if (record.status !== 'ready') {
    return {
      check,
      status: 'warn',
      detail: record.status,
      hint: `Run tenantry connections complete ${record.name} ….`,
    };
  }
  const expiring = record.secrets.find(({ expiresAt }) => expiresAt && Date.parse(expiresAt) < now + 30 * 86_400_000);
  if (expiring) {
    const hint = `Rotate it with tenantry connections complete ${record.name} ….`;
    return { check, status: 'warn', detail: `its ${expiring.field} expires ${expiring.expiresAt}`, hint };
  }
  if (record.health === 'healthy') return { check, status: 'ok', detail: `healthy, checked ${record.validatedAt}` };
  const status = record.health === 'failing' ? 'fail' : 'warn';
  const hint = `Run tenantry connections validate ${record.name}.`;
  return { check, status, detail: `health ${record.health}`, hint };
}

/** One line for a whole validation: the worst that it found. */
async function validate(name: string, runtime: Runtime, interrupted: Promise<unknown>): Promise<Finding> {
  const cancel = new AbortController();
  void interrupted.then(() => cancel.abort());
  const check = `connection ${name}`;
  const scope = openCallScope({
    clock: runtime.clock,
    signal: cancel.signal,
    timeoutMs: 120_000,
    clientRequestId: randomUUID(),
  });
  try {
    const { health, checks } = await runtime.connections.validate(name, undefined, 'local', scope.call);
    const worst = checks.find(({ status }) => status === 'fail') ?? checks.find(({ status }) => status === 'warn');
    if (worst === undefined) return { check, status: 'ok', detail: `${health}, ${counted(checks.length, 'check')}` };
    const status = worst.status === 'fail' ? 'fail' : 'warn';
    const hint = worst.hint === undefined ? {} : { hint: worst.hint };
    return { check, status, detail: `${worst.check}: ${worst.detail}`, ...hint };
  } catch (error) {
    return failure(check, error);
  } finally {
    scope.end();
  }
}

function failure(check: string, error: unknown): Finding {
  if (error instanceof AppError) {
    return { check, status: 'fail', detail: error.message, ...(error.hint ? { hint: error.hint } : {}) };
  }
  return { check, status: 'fail', detail: 'an unexpected failure', hint: 'Run again with --log-level debug.' };
}
