import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  inspectFoldersAbove,
  inspectHome,
  inspectPath,
  type PathFinding,
  type PrivatePath,
} from '../../core/base/private-paths.ts';
import { databaseFiles, databaseName } from '../../core/storage/sqlite/local-database.ts';
import type { Config } from '../../runtime/config/config.ts';
import { tokenFile } from '../../server/http/local-token.ts';

/** What is wrong with the owner or the mode of the home folder, the folders above it, and what decides in it. */
export function inspectFiles({ home, file }: Pick<Config, 'home' | 'file'>): readonly PathFinding[] {
  const files: readonly PrivatePath[] = [
    ...databaseFiles(join(home, databaseName)),
    { path: join(home, 'master.key'), noun: 'master key', isSecret: true },
    tokenFile(home),
    { path: join(home, 'secrets'), noun: 'folder for secrets' },
    ...(file === undefined ? [] : [{ path: file, noun: 'configuration file' }]),
  ];
  return [
    ...inspectHome(home),
    ...files.flatMap((one) => {
      const stats = statSync(one.path, { throwIfNoEntry: false });
      return stats === undefined ? [] : inspectPath(one, stats);
    }),
    ...(file === undefined ? [] : inspectFoldersAbove(file, 'configuration file')),
  ];
}
