import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../core/base/errors.ts';
import { explainFileError } from '../../core/base/file-error.ts';
import { isRecord } from '../../core/base/guards.ts';
import { readTextFile, UnreadableText } from '../../core/base/text-file.ts';
import type { ClientConfig } from './client-config.ts';

const serverName = 'tenantry';
/** Hosts keep settings and histories there too, and none has that many. */
const maxBytes = 16 * 1024 * 1024;

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
  const backup = current === undefined ? undefined : `${config.file}.backup`;
  try {
    await mkdir(dirname(config.file), { recursive: true });
    if (backup) await copyFile(config.file, backup);
    const temporary = `${config.file}.${process.pid}.tmp`;
    await writeFile(temporary, merged, { mode: 0o600 });
    await rename(temporary, config.file);
  } catch (error) {
    throw unreadable(config.file, `it cannot be written: ${explainFileError(error)}`);
  }
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

/** Editors of Windows write hosts' files with a byte order mark or in UTF-16; the new file is UTF-8. */
async function readIfThere(file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  try {
    return await readTextFile(file, { maxBytes });
  } catch (error) {
    throw unreadable(file, error instanceof UnreadableText ? error.message : explainFileError(error));
  }
}
