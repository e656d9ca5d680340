import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { type Bench, type BenchContext, expectEqual } from './support/bench.ts';
import { openSession, productServer } from './support/product.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

/** What the tool definitions cost a model, and what an installation costs a disk. */
export const sizeBench: Bench = {
  name: 'size',
  title: 'Size: definitions and installation',
  async run(context) {
    const { tools, tokens } = await countDefinitions(context);
    const packed = await packedBytes();
    const dependencies = await dependencyBytes();
    const total = (packed + dependencies.bytes) / 1e6;
    return [
      {
        what: `definitions of ${tools} tools`,
        unit: 'tokens',
        measured: tokens,
        compare: 'value',
        goal: { atMost: 9_000 },
      },
      { what: 'package, unpacked', unit: 'MB', measured: packed / 1e6, compare: 'value', goal: { atMost: 12 } },
      {
        what: `package and its ${dependencies.packages} dependencies`,
        unit: 'MB',
        measured: total,
        compare: 'value',
        goal: { atMost: 40 },
      },
    ];
  },
};

async function countDefinitions(context: BenchContext): Promise<{ tools: number; tokens: number }> {
  const session = await openSession(context, productServer(context));
  const { tools } = await session.request('tools/list', {});
  await session.close();
  return { tools: Array.isArray(tools) ? tools.length : 0, tokens: countTokens(JSON.stringify(tools)) };
}

async function packedBytes(): Promise<number> {
  const run = promisify(execFile);
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
  const [packed]: { unpackedSize: number }[] = JSON.parse(stdout);
  return packed?.unpackedSize ?? Number.NaN;
}

/** What `npm install tenantry --omit=optional` puts beside the package, read from the lockfile and the installed folders. */
async function dependencyBytes(): Promise<{ packages: number; bytes: number }> {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  let packages = 0;
  let bytes = 0;
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev || entry.optional || entry.devOptional) continue;
    expectEqual(`that ${path} needs no build`, entry.hasInstallScript ?? false, false);
    if (!existsSync(join(root, path))) continue;
    packages++;
    bytes += await folderBytes(join(root, path));
  }
  return { packages, bytes };
}

/** Bytes of the files below a folder; nested packages have lines of their own in the lockfile. */
async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      bytes += entry.name === 'node_modules' ? 0 : await folderBytes(path);
    } else if (entry.isFile()) {
      bytes += (await stat(path)).size;
    }
  }
  return bytes;
}
