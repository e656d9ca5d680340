import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';
import type { ClientConfig } from './client-config.ts';

const serverName = 'tenantry';

/** The entry inside an otherwise empty file: what `setup` prints. */
export function renderConfig({ key, entry }: ClientConfig): string {
  return `${JSON.stringify({ [key]: { [serverName]: entry } }, null, 2)}\n`;
}

/**
 * Adds the entry to the host's file and keeps everything else in it. The new file replaces the old one atomically; the old
 * one stays beside it as `.backup`. A file that is not plain JSON is left alone with a `configuration` error.
 */
export async function mergeConfigFile(config: ClientConfig): Promise<{ readonly backup: string | undefined }> {
  const current = await readIfThere(config.file);
  const merged = merge(current ?? '{}', config);
  await mkdir(dirname(config.file), { recursive: true });
  const backup = current === undefined ? undefined : `${config.file}.backup`;
  if (backup) await copyFile(config.file, backup);
  const temporary = `${config.file}.${process.pid}.tmp`;
  await writeFile(temporary, merged, { mode: 0o600 });
  await rename(temporary, config.file);
  return { backup };
}

function merge(text: string, config: ClientConfig): string {
  const root = parseObject(text, config.file);
  const servers = root[config.key] ?? {};
  if (!isRecord(servers)) throw unreadable(config.file, `"${config.key}" is not an object`);
  const next = { ...root, [config.key]: { ...servers, [serverName]: config.entry } };
  return `${JSON.stringify(next, null, 2)}\n`;
}

function parseObject(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text.trim() === '' ? '{}' : text);
  } catch {
    throw unreadable(file, 'it is not plain JSON (comments would be lost)');
  }
  if (!isRecord(value)) throw unreadable(file, 'it is not an object');
  return value;
}

function unreadable(file: string, reason: string): AppError {
  return new AppError('configuration', `${file} was not changed: ${reason}.`, {
    hint: 'Run the command without --write and paste the printed entry into the file by hand.',
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
