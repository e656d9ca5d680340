import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { type LockedPackages, locatePackage } from '../lockfile.ts';

const preamble = `Tenantry
Copyright (c) 2026 The Tenantry maintainers

The published files in dist/ contain the following packages, each under its own licence.
`;

/** The NOTICE file: every package that the sources import, and their dependencies, with licences. */
export function notice(root: URL): string {
  const lock: { packages: LockedPackages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
  const found = new Map<string, string>();
  const visit = (name: string, from: string) => {
    const path = locatePackage(name, from, lock.packages);
    const entry = path === undefined ? undefined : lock.packages[path];
    if (path === undefined || !entry || found.has(path)) return;
    found.set(path, `- ${name} ${entry.version ?? ''} (${entry.license ?? 'see its package'})`);
    for (const dependency of Object.keys(entry.dependencies ?? {})) visit(dependency, path);
  };
  for (const name of importedPackages(new URL('src/', root))) visit(name, '');
  return `${preamble}\n${[...new Set(found.values())].sort().join('\n')}\n`;
}

function importedPackages(source: URL): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(new URL(file, source), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from |import |import\()'([^'.][^']*)'/g)) {
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      // The keyring is never bundled: it is an optional package of its own.
      if (!isBuiltin(specifier) && !name.startsWith('@napi-rs/')) names.add(name);
    }
  }
  return names;
}
