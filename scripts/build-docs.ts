import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callPaths } from './docs/call-paths.ts';
import { commandReference } from './docs/command-reference.ts';
import { environmentTable, settingsTable } from './docs/configuration-tables.ts';
import { errorTable } from './docs/error-table.ts';
import { floorPicture } from './docs/floor-picture.ts';
import { replaceSection } from './docs/generated-section.ts';
import { notice } from './docs/notice.ts';
import { promptTable, resourceTable, topicTable } from './docs/resource-tables.ts';
import { selfcheckTable } from './docs/selfcheck-table.ts';
import { toolReference, toolTable } from './docs/tool-tables.ts';

// Writes every generated part of the documentation, or with --check fails when one is stale.

const root = new URL('../', import.meta.url);
const check = process.argv.includes('--check');

const sections: ReadonlyArray<{
  readonly file: string;
  readonly name: string;
  readonly content: () => string | Promise<string>;
}> = [
  { file: 'README.md', name: 'tools', content: toolTable },
  { file: 'docs/tools.md', name: 'tools', content: toolReference },
  { file: 'docs/errors.md', name: 'codes', content: errorTable },
  { file: 'docs/configuration.md', name: 'environment', content: environmentTable },
  { file: 'docs/configuration.md', name: 'settings', content: settingsTable },
  { file: 'docs/command-line.md', name: 'commands', content: commandReference },
  { file: 'docs/resources.md', name: 'resources', content: resourceTable },
  { file: 'docs/resources.md', name: 'topics', content: topicTable },
  { file: 'docs/resources.md', name: 'prompts', content: promptTable },
  { file: 'docs/selfcheck.md', name: 'checks', content: selfcheckTable },
  { file: 'docs/architecture.md', name: 'floors', content: floorPicture },
  { file: 'docs/architecture.md', name: 'call-paths', content: () => callPaths(root) },
];

const wanted = new Map<string, string>();
for (const { file, name, content } of sections) {
  const path = fileURLToPath(new URL(file, root));
  wanted.set(path, replaceSection(wanted.get(path) ?? readFileSync(path, 'utf8'), name, await content()));
}
wanted.set(fileURLToPath(new URL('NOTICE', root)), notice(root));

const stale = [...wanted].filter(([path, text]) => {
  try {
    return readFileSync(path, 'utf8') !== text;
  } catch {
    return true;
  }
});
for (const [path, text] of stale) {
  const name = relative(fileURLToPath(root), path);
  if (check) {
    console.error(`${name} is stale: run npm run docs:build`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.error(`wrote ${name}`);
  }
}
